import Cluster
import HTTPServer
import HTTPTypes
import Raft

/// `GET`, `POST` and `DELETE /members`: who belongs to the cluster.
extension AdministrationHandler {
    func listMembers(_ call: Call) throws(Problem) {
        try MediaType.requireAcceptsJSON(call.exchange.request)
        call.exchange.respond(.json(MemberList(replica.status)))
    }

    func setMember(_ call: Call) throws(Problem) {
        let request = call.exchange.request
        try MediaType.requireJSON(request)
        try MediaType.requireAcceptsJSON(request)
        let wish = try MemberWish(json: request.body)
        change(call) { pending in
            onPrimary(pending) { take(wish, for: pending) }
        }
    }

    func removeMember(_ call: Call) throws(Problem) {
        let request = call.exchange.request
        try MediaType.requireJSON(request)
        try MediaType.requireAcceptsJSON(request)
        let fields = try StringFields(json: request.body, names: ["id", "incarnation"], example: #"{"id":"d"}"#)
        let id = try MemberWish.id(fields)
        let incarnation = try MemberWish.incarnation(fields)
        change(call) { pending in
            onPrimary(pending) { remove(id, incarnation, for: pending) }
        }
    }

    private func take(_ wish: MemberWish, for pending: PendingRequest) {
        let status = replica.status
        let step: MembershipStep
        do throws(Problem) {
            step = try MembershipStep(towards: wish, from: status.members.map(\.member))
        } catch {
            return refuse(error, status, pending)
        }
        switch step {
        case .done(let member):
            guard status.areMembersSettled else { return pending.exchange.refuse(Problem(.unsettled)) }
            answer(.ok, member, status, pending)
        case .change(let change, let member, let isLast):
            make(change, for: pending) {
                if !isLast { return answer(.accepted, member, status, pending) }
                if case .add = change { return answer(.created, member, status, pending) }
                answer(.ok, member, status, pending)
            }
        }
    }

    private func remove(_ id: NodeID, _ incarnation: Incarnation?, for pending: PendingRequest) {
        let status = replica.status
        guard let member = status.members.first(where: { $0.id == id })?.member else {
            return refuse(Problem(.noSuchMember, "No member is called \(id).", .init(field: "id")), status, pending)
        }
        guard incarnation == nil || incarnation == member.incarnation else {
            let detail = "The member called \(id) is another node."
            return refuse(Problem(.memberExists, detail, .init(field: "incarnation")), status, pending)
        }
        make(.remove(id), for: pending) { answer(.ok, member, status, pending) }
    }

    /// While a change is under way, what it makes wrong may yet be right.
    private func refuse(_ problem: Problem, _ status: ReplicaStatus, _ pending: PendingRequest) {
        pending.exchange.refuse(status.areMembersSettled ? problem : Problem(.unsettled))
    }

    private func make(
        _ change: MembershipChange,
        for pending: PendingRequest,
        then body: @escaping @Sendable () -> Void
    ) {
        replica.changeMembership(change) { outcome in
            switch outcome {
            case .changed: body()
            case .refused(let refusal): pending.exchange.refuse(Problem(refusal))
            case .notAccepted(let reason): relay.settle(pending, after: reason)
            }
        }
    }

    private func answer(
        _ code: HTTPResponse.Status,
        _ member: Membership.Member,
        _ status: ReplicaStatus,
        _ pending: PendingRequest
    ) {
        pending.exchange.respond {
            .json(MemberReport(cluster: status.clusterID?.description, member: MemberList.Member(member)), status: code)
        }
    }
}

/// The answer to `GET /members`.
package struct MemberList: Encodable, Sendable {
    @OrNull package var cluster: String?
    package var members: [Member]

    package struct Member: Encodable, Sendable {
        package var id: String
        package var kind: String
        package var url: String
        package var incarnation: String

        init(_ member: Membership.Member) {
            id = member.id.rawValue
            kind = member.kind.name
            url = member.url
            incarnation = member.incarnation.rawValue.hexadecimal
        }
    }

    init(_ status: ReplicaStatus) {
        cluster = status.clusterID?.description
        members = status.members.map { Member($0.member) }
    }
}

/// The answer to `POST` and `DELETE /members`: the member as it is then, or was.
package struct MemberReport: Encodable, Sendable {
    @OrNull package var cluster: String?
    package var member: MemberList.Member
}

extension ReplicaStatus.Member {
    var member: Membership.Member { Membership.Member(id: id, kind: kind, incarnation: incarnation, url: url) }
}
