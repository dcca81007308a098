import Messaging
import Raft

/// The content of `POST /form`: the first voter asks a member whether it is ready to form a cluster, or tells it the
/// cluster that was formed.
package struct FormRequest: Codable, Sendable {
    package struct Listed: Codable, Hashable, Sendable {
        package var id: String
        package var kind: String
        package var url: String
    }

    /// A formed cluster.
    package struct Founded: Codable, Hashable, Sendable {
        package var cluster: String
        package var members: [Founder]
    }

    package struct Founder: Codable, Hashable, Sendable {
        package var id: String
        package var kind: String
        package var incarnation: String
        package var url: String
    }

    package var from: String
    /// The whole list of members, in the sender's order.
    package var list: [Listed]
    /// Absent in a question.
    package var founded: Founded?
}

/// The answer to `POST /form`.
package struct FormReply: Codable, Sendable {
    package var id: String
    package var incarnation: String
    /// The cluster this node belongs to, absent while it belongs to none.
    package var cluster: String?
    /// Whether its own list of members is the sender's.
    package var sameList: Bool
}

extension FormRequest.Listed {
    init(_ member: ListedMember) {
        id = member.id.rawValue
        kind = member.kind.name
        url = member.url
    }
}

extension FormRequest.Founded {
    init(cluster: ClusterID, membership: Membership) {
        self.cluster = cluster.description
        members = membership.members.map {
            FormRequest.Founder(
                id: $0.id.rawValue,
                kind: $0.kind.name,
                incarnation: $0.incarnation.rawValue.hexadecimal,
                url: $0.url
            )
        }
    }

    /// The cluster and its members, or nil where something is not what it should be.
    var membership: (ClusterID, Membership)? {
        guard let cluster = ClusterID(cluster), Set(members.map(\.id)).count == members.count else { return nil }
        var founders: [Membership.Member] = []
        for member in members {
            guard let kind = Membership.Member.Kind(name: member.kind),
                let incarnation = UInt64(member.incarnation, radix: 16)
            else { return nil }
            founders.append(
                Membership.Member(
                    id: NodeID(member.id),
                    kind: kind,
                    incarnation: Incarnation(incarnation),
                    url: member.url
                )
            )
        }
        return (cluster, Membership(founders))
    }
}
