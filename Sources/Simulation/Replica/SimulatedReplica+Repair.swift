import Raft

// Damage to the log that is found while the process runs.
extension SimulatedReplica {
    func receive(lost: [ClosedRange<LogIndex>]) {
        let wasWhole = self.lost.isEmpty
        self.lost = lost
        step(.damaged(through: lost.last?.upperBound))
        if lost.isEmpty {
            awaitsRepair = false
        } else if wasWhole, node.role == .leader {
            // Whoever lags needs entries from the primary's disk, and clients read from it.
            transfer(to: nil)
        }
    }
}
