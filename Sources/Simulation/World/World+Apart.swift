import Raft

// Two nodes that were promoted apart: neither is right, so both stop, and an operator chooses.
extension World {
    var acceptsLoss: Bool {
        scenario.faults.contains { if case .promote(_, .acceptsLoss) = $0.fault { true } else { false } }
    }

    /// Once they hear of each other, each knows.
    func inspectApart() {
        let newest = newestLines
        let unaware = machines.filter { machine in
            guard let node = machine.replica?.node else { return machine.isInUse && !machine.isLost }
            return newest.contains { $0.epoch == node.epoch } && node.divergence == nil
        }
        if unaware.isEmpty {
            statistics.promotedApart += 1
            isOver = true
        } else if now > apart + patience {
            oracle.violation(.noConvergence, "\(unaware.map(\.id)) know nothing of \(newest.map(\.epoch))")
        } else {
            schedule(.inspectApart, in: .milliseconds(10))
        }
    }
}
