package import Raft

/// Where the disk lost what was written.
package struct Damage: Hashable, Sendable {
    /// Path relative to the data directory.
    package var file: String
    /// The first byte known to be wrong, or of the record that holds it.
    package var offset: Int
    /// The first entry that can no longer be trusted, where the damage is in the log.
    package var firstIndex: LogIndex?

    package init(file: String, offset: Int, firstIndex: LogIndex? = nil) {
        self.file = file
        self.offset = offset
        self.firstIndex = firstIndex
    }
}
