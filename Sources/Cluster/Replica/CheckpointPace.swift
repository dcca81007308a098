import Raft

/// When a checkpoint is due: so often that a start has little to apply, and so seldom that nobody notices; and after
/// each change of the members, so that a start knows that it is committed and need not ask those who left. Pure.
struct CheckpointPace: Sendable {
    private static let entriesMax = 50_000
    private static let bytesMax = 32 << 20

    /// The last entry applied, and its chain value; nil before the first one since the start.
    private(set) var last: (id: EntryID, chain: ChainValue)?
    private var entries = 0
    private var bytes = 0
    private var hasNewMembers = false

    var isDue: Bool { hasNewMembers || entries >= Self.entriesMax || bytes >= Self.bytesMax }

    mutating func add(_ entry: Entry) {
        last = (entry.id, entry.chain)
        entries += 1
        bytes += entry.payload.count
        if entry.kind == .membership { hasNewMembers = true }
    }

    /// A checkpoint was made, or what was applied comes from elsewhere now.
    mutating func begin() {
        last = nil
        entries = 0
        bytes = 0
        hasNewMembers = false
    }
}
