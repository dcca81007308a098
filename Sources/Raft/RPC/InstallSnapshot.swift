/// A leader sends the state its own log begins with, to a follower whose log ends before that (Raft §7).
///
/// Small: messages are in the log, so the state is only what must be known of those that were removed. It fits into one
/// request, where the paper sends it in chunks.
package struct InstallSnapshot: Hashable, Sendable {
    package var term: Term
    package var snapshot: Snapshot

    package init(term: Term, snapshot: Snapshot) {
        self.term = term
        self.snapshot = snapshot
    }

    package struct Reply: Hashable, Sendable {
        package var term: Term
        /// Every entry up to here is on the follower's disk, or folded into the state that is.
        package var match: LogIndex

        package init(term: Term, match: LogIndex) {
            self.term = term
            self.match = match
        }
    }
}
