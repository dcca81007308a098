import Logging
package import Raft
package import Storage

/// A cluster's founding: its id and first members. Every first member writes the same one down, and begins its log with
/// it. One that joined later writes down the id alone: its log comes from the primary.
struct Founding: Hashable, Sendable {
    var cluster: ClusterID
    var membership: Membership
    /// This node joined later, as a witness.
    var isWitness: Bool

    init(cluster: ClusterID, membership: Membership, isWitness: Bool = false) {
        self.cluster = cluster
        self.membership = membership
        self.isWitness = isWitness
    }

    /// What the data directory has recorded, or nil while it belongs to no cluster.
    init?(recordedIn directory: DataDirectory) throws {
        guard let cluster = directory.identity.cluster else { return nil }
        guard let bytes = directory.identity.formation else {
            self.init(cluster: cluster, membership: .empty, isWitness: directory.identity.isWitness)
            return
        }
        let (membership, founded) = try MembershipCoding.decode(bytes)
        self.init(cluster: founded, membership: membership)
    }

    private var hasMembers: Bool { !membership.members.isEmpty }

    /// Writes the founding down, durably. From then on the node belongs to this cluster for ever.
    func record(in directory: DataDirectory) throws {
        let formation = hasMembers ? MembershipCoding.encode(membership, cluster: cluster) : nil
        try directory.adopt(cluster: cluster, formation: formation, isWitness: isWitness)
    }

    /// Begins an empty log with the founding: entry 1, term 1, the same on every member.
    func startLog(in directory: DataDirectory) throws {
        guard hasMembers, directory.log.summary.last == .zero else { return }
        let entry = Entry(
            id: EntryID(term: Term(1), index: 1),
            kind: .membership,
            payload: MembershipCoding.encode(membership, cluster: cluster),
            after: .empty
        )
        try directory.begin(HardState(term: Term(1), vote: nil), [entry])
    }

    /// After the founding the flags mean nothing any more; an operator who changes them should know.
    func warnOfDifferences(from listed: [ListedMember], logger: Logger) {
        guard hasMembers else { return }
        let known = membership.members.map { ListedMember(id: $0.id, kind: $0.kind, url: $0.url) }
        guard known != listed.sorted(by: { $0.id < $1.id }) else { return }
        logger.warning(
            "the listed members differ from the cluster's, which count",
            metadata: ["cluster": "\(known.map { "\($0.kind.name) \($0.id)=\($0.url)" }.joined(separator: " "))"]
        )
    }
}

extension ReplicaConfiguration {
    /// What this node is: as its log has it; where that can't be read, as it joined; and before that as it is listed or
    /// wants to join.
    package func ownKind(in directory: DataDirectory) -> Membership.Member.Kind {
        // What can't be read is reported by the start.
        let known = (try? directory.everyKnownMember()) ?? []
        let own = known.first { $0.id == id && $0.incarnation == directory.identity.incarnation }
        let joined: Membership.Member.Kind? = directory.identity.isWitness ? .witness : nil
        return own?.kind ?? joined ?? members.first { $0.id == id }?.kind ?? joining?.kind ?? .voter
    }
}

extension Membership.Member {
    /// This node as the configuration lists it.
    init(own configuration: ReplicaConfiguration, incarnation: Incarnation) {
        let listed = configuration.members.first { $0.id == configuration.id }
        self.init(
            id: configuration.id,
            kind: listed?.kind ?? .voter,
            incarnation: incarnation,
            url: listed?.url ?? configuration.url
        )
    }
}
