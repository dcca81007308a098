import Raft

// Leaders that hand over.
extension Oracle {
    /// C13: only a voter that holds messages is told to take over, and only once it has everything (dissertation
    /// §3.10).
    func checkSuccessor(_ peer: NodeID, of replica: SimulatedReplica) {
        guard let member = replica.node.membership[peer], let successor = number(of: member),
            !records[successor].isForgotten
        else { return }
        let last = records[replica.machine.number].written.lastEntry
        if member.kind != .voter || !records[successor].stored.holds(last) {
            violation(
                .successorUnfit,
                "\(replica.machine.id) tells \(member.kind) \(peer) to take over, which has "
                    + "\(lastStored(on: successor)) on disk, not \(last)"
            )
        }
    }

    /// The operator is told what came of it.
    func settled(_ settlement: Settlement, askedIn term: Term, by replica: SimulatedReplica) {
        switch settlement {
        case .transferred(_, let id):
            replica.world.statistics.transfers += 1
            let isSelf = id == replica.machine.id
            let hasLed = leaders.contains { isSelf ? $0.key >= term : $0.key > term && machines[$0.value].id == id }
            if !hasLed {
                violation(.operatorMisled, "\(replica.machine.id) says that \(id) took over after term \(term)")
            }
        case .rejected(_, .transferTimedOut):
            if replica.node.term == term, leaders[term] != replica.machine.number {
                violation(.operatorMisled, "\(replica.machine.id) says that it leads on in term \(term)")
            }
        case .rejected: break
        case .committed, .overwritten, .readable:
            violation(.operatorMisled, "\(replica.machine.id) settles a transfer with \(settlement)")
        }
    }
}
