import Cluster
import HTTPServer
import Raft

/// `POST /leader`: a planned change of the primary.
extension AdministrationHandler {
    func transfer(_ call: Call) throws(Problem) {
        let request = call.exchange.request
        try MediaType.requireJSON(request)
        try MediaType.requireAcceptsJSON(request)
        let fields = try StringFields(json: request.body, names: ["to"], example: #"{"to":"b"}"#)
        let target = fields["to"].map { NodeID($0) }
        change(call) { pending in
            // Where the one wanted leads already, nothing is left to do, and any node knows.
            if let target, replica.status.leader?.id == target { return answer(target, pending) }
            onPrimary(pending) { transfer(to: target, for: pending) }
        }
    }

    private func transfer(to target: NodeID?, for pending: PendingRequest) {
        replica.transferLeadership(to: target) { outcome in
            switch outcome {
            case .transferred(let successor): answer(successor, pending)
            case .notAccepted(let reason): relay.settle(pending, after: reason)
            case .noSuccessor: pending.exchange.refuse(noSuccessor(target))
            case .alreadyUnderWay:
                pending.exchange.refuse(Problem(.transferUnderWay, "An earlier hand-over has not ended yet."))
            case .timedOut:
                pending.exchange.refuse(
                    Problem(.transferFailed, "The successor did not take over in time; the primary is the same.")
                )
            }
        }
    }

    private func answer(_ leader: NodeID, _ pending: PendingRequest) {
        let url = replica.status.members.first { $0.id == leader }?.url ?? ""
        pending.exchange.respond {
            .json(LeaderReport(leader: NodeAddress(id: leader.rawValue, url: url)))
        }
    }

    private func noSuccessor(_ target: NodeID?) -> Problem {
        guard let target else {
            return Problem(.noSuccessor, "No other voter that holds messages can be reached.")
        }
        guard let member = replica.status.members.first(where: { $0.id == target }) else {
            return Problem(.noSuchMember, "No member is called \(target).", .init(field: "to"))
        }
        let reason = member.kind == .voter ? "can't be reached" : "is a \(member.kind.name), not a voter"
        return Problem(.noSuccessor, "\(target) \(reason).", .init(field: "to"))
    }
}

/// The answer to `POST /leader`.
package struct LeaderReport: Encodable, Sendable {
    package var leader: NodeAddress
}
