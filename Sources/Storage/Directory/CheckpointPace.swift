package import Raft

/// When a checkpoint is due: so often that a start has little to apply, and so seldom that nobody notices; and after
/// each change of the members, so that a start knows that it is committed and need not ask those who left. Pure.
package struct CheckpointPace: Sendable {
    private let entriesMax: Int
    private let bytesMax: Int

    /// The last entry applied, and its chain value; nil before the first one since the start.
    package private(set) var last: (id: EntryID, chain: ChainValue)?
    private var entries = 0
    private var bytes = 0
    private var hasNewMembers = false

    /// - Parameters:
    ///   - entriesMax: due after so many entries,
    ///   - bytesMax: or so many bytes of payload.
    package init(entriesMax: Int = 50_000, bytesMax: Int = 32 << 20) {
        self.entriesMax = entriesMax
        self.bytesMax = bytesMax
    }

    package var isDue: Bool { hasNewMembers || entries >= entriesMax || bytes >= bytesMax }

    /// An entry was applied.
    package mutating func add(_ entry: Entry) {
        last = (entry.id, entry.chain)
        entries += 1
        bytes += entry.payload.count
        if entry.kind == .membership { hasNewMembers = true }
    }

    /// A checkpoint was made, or what was applied comes from elsewhere now.
    package mutating func begin() {
        last = nil
        entries = 0
        bytes = 0
        hasNewMembers = false
    }
}
