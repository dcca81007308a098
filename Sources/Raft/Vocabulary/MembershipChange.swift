/// One step from a membership to the next. At most one voter comes or goes, so any majority of the old voters and any
/// of the new ones share a member (dissertation §4.1).
package enum MembershipChange: Hashable, Sendable {
    /// A new member: a learner, or the witness of a pair. A voter begins as a learner, so that it holds up nothing
    /// while it catches up.
    case add(Membership.Member)
    /// A learner that has caught up becomes a voter.
    case promote(NodeID)
    /// A voter becomes a learner.
    case demote(NodeID)
    case remove(NodeID)
    /// The member is reached at another address.
    case move(NodeID, url: String)

    /// Why a change is not made.
    package enum Refusal: Error, Hashable, Sendable {
        /// No member has this name.
        case unknownMember
        /// A member has this name, incarnation or address already; or had this incarnation, and was removed.
        case duplicateMember
        /// The new member has no name, or is a voter; only learners can be promoted, only voters demoted.
        case wrongKind
        /// Somebody has to hold the messages.
        case lastVoter
        /// A witness goes with exactly two voters and at most one learner; or with one voter and the learner that is to
        /// become the second.
        case witnessRules
        /// An earlier change, or this leader's first entry, is not committed yet: try again.
        case unsettled
        /// This node lacks so many entries, or was not heard lately: try again.
        case lagging(NodeID, entries: Int)
    }
}

extension Membership {
    package func changed(by change: MembershipChange) throws(MembershipChange.Refusal) -> Membership {
        let next = try unchecked(change)
        guard next.members.contains(where: { $0.kind == .voter }) else { throw .lastVoter }
        guard next.keepsWitnessRules else { throw .witnessRules }
        return next
    }

    private func unchecked(_ change: MembershipChange) throws(MembershipChange.Refusal) -> Membership {
        switch change {
        case .add(let member):
            guard member.kind != .voter, !member.id.rawValue.isEmpty else { throw .wrongKind }
            let isKnown = members.contains { known in
                known.id == member.id || known.incarnation == member.incarnation || known.url == member.url
            }
            guard !isKnown else { throw .duplicateMember }
            return with(members + [member])
        case .promote(let id): return try converting(id, from: .learner, to: .voter)
        case .demote(let id): return try converting(id, from: .voter, to: .learner)
        case .remove(let id):
            guard self[id] != nil else { throw .unknownMember }
            return with(members.filter { $0.id != id })
        case .move(let id, let url):
            guard var member = self[id] else { throw .unknownMember }
            guard !members.contains(where: { $0.id != id && $0.url == url }) else { throw .duplicateMember }
            member.url = url
            return replacing(member)
        }
    }

    private func converting(
        _ id: NodeID,
        from kind: Member.Kind,
        to newKind: Member.Kind
    ) throws(MembershipChange.Refusal) -> Membership {
        guard var member = self[id] else { throw .unknownMember }
        guard member.kind == kind else { throw .wrongKind }
        member.kind = newKind
        return replacing(member)
    }

    private func replacing(_ member: Member) -> Membership {
        with(members.map { $0.id == member.id ? member : $0 })
    }

    private var keepsWitnessRules: Bool {
        guard members.contains(where: { $0.kind == .witness }) else { return true }
        guard members.count(where: { $0.kind == .witness }) == 1 else { return false }
        let learners = members.count { $0.kind == .learner }
        switch members.count(where: { $0.kind == .voter }) {
        case 1: return learners == 1
        case 2: return learners <= 1
        default: return false
        }
    }
}
