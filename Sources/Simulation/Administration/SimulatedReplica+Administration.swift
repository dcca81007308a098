import Raft

// Takes what operators ask of the primary, and answers them.
extension SimulatedReplica {
    func administer(_ call: AdministrationCall) {
        guard node.role == .leader else { return world.answer(call, .notAccepted(primary: otherPrimary)) }
        // What is in force and not committed may yet be cut off: nobody can tell.
        guard node.status.membershipIndex <= node.commit else { return world.answer(call, .refused(isFinal: false)) }
        switch call.goal.step(in: node.membership, isNew: call.isNew) {
        case .done:
            oracle.reached(call.goal, by: self)
            world.answer(call, .done)
        case .refused: world.answer(call, .refused(isFinal: true))
        case .change(let change, let isLast):
            lastTicket += 1
            administered[Ticket(lastTicket)] = call
            call.isLast = isLast
            let last = node.status.last
            step(.changeMembership(Ticket(lastTicket), change))
            if node.status.last > last { call.entry = node.status.last }
        }
    }

    func transfer(to target: NodeID?) {
        lastTicket += 1
        transfers[Ticket(lastTicket)] = node.term
        step(.transferLeadership(Ticket(lastTicket), to: target))
    }

    func conclude(_ call: AdministrationCall, _ settlement: Settlement) {
        switch settlement {
        case .committed(_, let indexes, _):
            oracle.changed(call, at: indexes, by: self)
            world.answer(call, .changed(isLast: call.isLast))
        case .overwritten:
            oracle.refused(call)
            world.answer(call, .notAccepted(primary: nil))
        case .rejected(_, let rejection):
            oracle.refused(call)
            world.answer(call, outcome(of: rejection))
        case .readable, .transferred: preconditionFailure("a change of the membership ends with \(settlement)")
        }
    }

    private func outcome(of rejection: Rejection) -> AdministrationOutcome {
        switch rejection {
        case .change(.unsettled), .change(.lagging): .refused(isFinal: false)
        case .change: .refused(isFinal: true)
        case .notLeader, .noQuorum, .tooFewCopies, .overloaded, .transferring, .noSuccessor, .transferTimedOut,
            .promotion:
            .notAccepted(primary: otherPrimary)
        }
    }
}
