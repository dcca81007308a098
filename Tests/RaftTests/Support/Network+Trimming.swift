import Raft

extension Network {
    /// Folds what was applied up to `index` away, or up to the end of the batch that holds it.
    mutating func trim(_ id: NodeID, through index: LogIndex) {
        let place = place(id)
        guard machines[place].node != nil, machines[place].unsynced.isEmpty else { return }
        let kept = machines[place].disk.entries(index...max(index, machines[place].applied))
        guard let last = kept.first(where: { !$0.continues }), last.index <= machines[place].applied else { return }
        machines[place].disk.trim(through: last)
        step(id, .trimmed(through: last.id, chain: last.chain))
    }
}
