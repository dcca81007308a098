/// How much more the log can take.
package struct Room: Hashable, Sendable {
    /// Bytes left in the segment that is written to.
    package var segmentBytes: Int
    /// Bytes in the next segment, made ahead; zero where it isn't.
    package var preparedBytes: Int
    /// Bytes that can still be written to the disk; nil where the system wouldn't say.
    package var freeBytes: Int?
    /// Whether clients' proposals can be taken. False while the disk is too full to make another segment and little is
    /// left in this one: what remains is for the entries a cluster needs to stay alive. True again by itself.
    package var acceptsProposals: Bool

    package init(segmentBytes: Int, preparedBytes: Int, freeBytes: Int?, acceptsProposals: Bool) {
        self.segmentBytes = segmentBytes
        self.preparedBytes = preparedBytes
        self.freeBytes = freeBytes
        self.acceptsProposals = acceptsProposals
    }
}
