import Raft
import Storage

/// What a data directory should hold, kept the simplest way.
struct LogModel: Hashable {
    var hardState = HardState.initial
    var base: BaseState?
    /// Those after the base.
    var entries: [Entry] = []

    var last: EntryID { entries.last?.id ?? base?.entry ?? .zero }
    var lastChain: ChainValue { entries.last?.chain ?? base?.chain ?? .empty }

    mutating func truncate(after index: LogIndex) {
        entries.removeLast(max(0, entries.count - (base?.entry.index ?? .zero).distance(to: index)))
    }

    mutating func trim(to base: BaseState) {
        entries.removeAll { $0.index <= base.entry.index }
        self.base = base
    }

    mutating func install(_ base: BaseState) {
        entries = []
        self.base = base
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
