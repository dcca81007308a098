import Raft

/// What a data directory should hold, kept the simplest way.
struct LogModel: Hashable {
    var hardState = HardState.initial
    var entries: [Entry] = []

    var last: EntryID { entries.last?.id ?? .zero }
    var lastChain: ChainValue { entries.last?.chain ?? .empty }

    mutating func truncate(after index: LogIndex) {
        entries.removeLast(max(0, entries.count - Int(index.rawValue)))
    }

    mutating func apply(_ part: Persist) {
        if let hardState = part.hardState { self.hardState = hardState }
        applyLog(part)
    }

    mutating func applyLog(_ part: Persist) {
        if let index = part.truncateAfter { truncate(after: index) }
        entries += part.entries
    }

    /// Every state the disk may hold after a crash within a call: before it, and after each part's vote and each
    /// part's entries.
    func states(within batch: [Persist]) -> [LogModel] {
        var states = [self]
        var model = self
        for part in batch {
            if let hardState = part.hardState {
                model.hardState = hardState
                states.append(model)
            }
            model.applyLog(part)
            states.append(model)
        }
        return states
    }
}
