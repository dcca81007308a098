package import Raft

/// Where the disk lost what was written.
package struct Damage: Hashable, Sendable {
    /// Path relative to the data directory.
    package var file: String
    /// The first byte known to be wrong, or of the record that holds it.
    package var offset: Int
    /// Entries of the log that can't be read for it; nil where there are none.
    package var entries: ClosedRange<LogIndex>?

    package init(file: String, offset: Int, entries: ClosedRange<LogIndex>? = nil) {
        self.file = file
        self.offset = offset
        self.entries = entries
    }
}
