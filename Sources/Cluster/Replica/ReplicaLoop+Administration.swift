import Logging
import Raft

// What operators ask of the primary: to hand over, to change who belongs to the cluster; and of one that is left: to
// go on alone.
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
        case .notLeader, .noQuorum, .tooFewCopies, .overloaded, .change, .promotion: .notAccepted(notPrimary)
        }
    }

    mutating func changeMembership(
        _ change: MembershipChange,
        _ completion: @escaping @Sendable (MembershipOutcome) -> Void
    ) {
        let ticket = clients.ask(.change(completion), now: now)
        node.step(.changeMembership(ticket, change), now: now)
    }

    func membershipOutcome(_ rejection: Rejection) -> MembershipOutcome {
        switch rejection {
        case .change(let refusal): .refused(refusal)
        case .notLeader, .noQuorum, .tooFewCopies, .overloaded, .transferring, .noSuccessor, .transferTimedOut,
            .promotion:
            .notAccepted(NotAccepted(rejection) ?? notPrimary)
        }
    }

    mutating func promote(_ promotion: Promotion, _ completion: @escaping @Sendable (PromotionOutcome) -> Void) {
        let mayLackAfter = node.mayLackAfter
        let ticket = clients.ask(.promote(completion, mayLackAfter: mayLackAfter), now: now)
        node.step(.promote(ticket, promotion), now: now)
    }

    func promoted(mayLackAfter: LogIndex?) -> PromotionOutcome {
        logger.warning(
            "this node goes on alone, as an operator wants",
            metadata: ["epoch": "\(node.epoch.number)", "after": "\(node.epoch.fork)"]
        )
        return .promoted(epoch: node.epoch.number, mayLackAfter: mayLackAfter?.rawValue)
    }

    func promotionOutcome(_ rejection: Rejection) -> PromotionOutcome {
        if case .promotion(let refusal) = rejection { return .refused(refusal) }
        return .notAccepted(NotAccepted(rejection) ?? notPrimary)
    }

    private var notPrimary: NotAccepted { otherPrimary.map(NotAccepted.notPrimary) ?? .noPrimary }
}

extension NotAccepted {
    /// What a client is told of a request that the node did not take; nil where the next primary may take it.
    init?(_ rejection: Rejection) {
        switch rejection {
        case .noQuorum: self = .noQuorum
        case .tooFewCopies(let atHand): self = .tooFewCopies(atHand: atHand)
        case .overloaded: self = .overloaded
        case .notLeader, .transferring, .noSuccessor, .transferTimedOut, .change, .promotion: return nil
        }
    }
}
