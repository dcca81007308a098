import Raft

// Hands the primary's office over.
extension ReplicaLoop {
    mutating func transfer(to target: NodeID?, _ completion: @escaping @Sendable (TransferOutcome) -> Void) {
        let ticket = clients.ask(.transfer(completion), now: now)
        node.step(.transferLeadership(ticket, to: target), now: now)
    }

    func transferOutcome(_ rejection: Rejection) -> TransferOutcome {
        switch rejection {
        case .noSuccessor: .noSuccessor
        case .transferring: .alreadyUnderWay
        case .transferTimedOut: .timedOut
        case .notLeader, .noQuorum, .tooFewCopies, .overloaded:
            .notAccepted(otherPrimary.map(NotAccepted.notPrimary) ?? .noPrimary)
        }
    }
}

extension NotAccepted {
    /// What a client is told of a request that the node did not take; nil where the next primary may take it.
    init?(_ rejection: Rejection) {
        switch rejection {
        case .noQuorum: self = .noQuorum
        case .tooFewCopies(let atHand): self = .tooFewCopies(atHand: atHand)
        case .overloaded: self = .overloaded
        case .notLeader, .transferring, .noSuccessor, .transferTimedOut: return nil
        }
    }
}
