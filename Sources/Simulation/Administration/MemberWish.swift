package import Raft

/// What somebody wants of the membership, in a scenario.
package enum MemberWish: Hashable, Sendable {
    /// A machine that has no part in the cluster starts empty, and asks to be taken in: under this name, as such.
    case join(NodeID, as: NodeID, Membership.Member.Kind)
    /// An operator removes whoever has this name; nil: whoever leads.
    case remove(NodeID?)
    /// An operator makes a learner of a voter.
    case demote(NodeID)
}

/// The same of a certain node, as it is put to the primary again and again until it is so.
enum MemberGoal: Hashable {
    case member(Membership.Member)
    case gone(MemberIdentity)

    /// What a new node asks for first: to be told that it belongs, so that it can catch up.
    var asNew: MemberGoal {
        guard case .member(var member) = self, member.kind == .voter else { return self }
        member.kind = .learner
        return .member(member)
    }

    /// What the primary makes of it, one change at a time, as `POST` and `DELETE /members` do.
    enum Step: Hashable {
        case done
        /// `isLast`: after that, it is so.
        case change(MembershipChange, isLast: Bool)
        case refused
    }

    /// - Parameter isNew: it may be added. Who was removed does not add itself.
    func step(in membership: Membership, isNew: Bool) -> Step {
        switch self {
        case .gone(let identity):
            membership.recognises(identity) ? .change(.remove(identity.id), isLast: true) : .done
        case .member(let member): Self.step(towards: member, in: membership, isNew: isNew)
        }
    }

    private static func step(towards member: Membership.Member, in membership: Membership, isNew: Bool) -> Step {
        guard let known = membership[member.id] else {
            guard isNew else { return .refused }
            return .change(.add(member), isLast: true)
        }
        guard known.incarnation == member.incarnation else { return .refused }
        switch (known.kind, member.kind) {
        case (.learner, .voter): return .change(.promote(member.id), isLast: true)
        case (.voter, .learner): return .change(.demote(member.id), isLast: true)
        default: return known.kind == member.kind ? .done : .refused
        }
    }

    /// Whether the cluster was once as wished, going by its memberships in their order.
    func wasReached(in memberships: [MembershipVersion]) -> Bool {
        switch self {
        case .member(let member): memberships.contains { $0.membership[member.id] == member }
        case .gone(let identity):
            memberships.last { $0.membership.recognises(identity) } != memberships.last
        }
    }
}
