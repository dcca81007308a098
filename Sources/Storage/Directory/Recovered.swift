package import Raft

/// Whom a data directory belongs to.
package struct DirectoryIdentity: Hashable, Sendable {
    package var node: NodeID
    package var incarnation: Incarnation
    /// Nil until the node belongs to a cluster.
    package var cluster: ClusterID?
    /// What the cluster was formed of, in a coding of the caller's; nil where the node joined later.
    package var formation: [UInt8]?
    /// A node that joined later has become what it was to be: from then on only its cluster changes that.
    package var hasSettledIn: Bool
    /// The node joined as a witness. It is one to its end.
    package var isWitness: Bool

    package init(
        node: NodeID,
        incarnation: Incarnation,
        cluster: ClusterID? = nil,
        formation: [UInt8]? = nil,
        hasSettledIn: Bool = false,
        isWitness: Bool = false
    ) {
        self.node = node
        self.incarnation = incarnation
        self.cluster = cluster
        self.formation = formation
        self.hasSettledIn = hasSettledIn
        self.isWitness = isWitness
    }
}

/// What a node finds on its disk when it starts, all of it durable.
package struct Recovered: Hashable, Sendable {
    package var identity: DirectoryIdentity
    /// The directory was empty until now.
    package var isNew: Bool
    package var hardState: HardState
    /// How often the node was started on this directory, this time included.
    package var bootCount: UInt64
    package var log: LogSummary
    /// What the log goes on from, where it doesn't begin with entry 1.
    package var base: BaseState?
    /// What entries of the log had brought about already when the node ended; nil where that isn't known.
    package var checkpoint: Checkpoint?
    /// What couldn't be read; all else was kept. Where it names no entries, all was made good already. Until all is,
    /// this node can't lead, and not all terms and chain values of its log need be known.
    package var damage: [Damage]
    /// Entries from this one on may have been acknowledged by this node, and are lost.
    package var lostFrom: LogIndex?
    /// The highest boot counts that were noted of other nodes.
    package var peerBoots: [PeerBoot]

    package init(
        identity: DirectoryIdentity,
        isNew: Bool,
        hardState: HardState,
        bootCount: UInt64,
        log: LogSummary,
        base: BaseState?,
        checkpoint: Checkpoint?,
        damage: [Damage],
        lostFrom: LogIndex?,
        peerBoots: [PeerBoot]
    ) {
        self.identity = identity
        self.isNew = isNew
        self.hardState = hardState
        self.bootCount = bootCount
        self.log = log
        self.base = base
        self.checkpoint = checkpoint
        self.damage = damage
        self.lostFrom = lostFrom
        self.peerBoots = peerBoots
    }

    /// Whether the last entry is known, of all this node ever acknowledged. If not, it must neither vote nor
    /// acknowledge anything before it has again whatever it may have lost: all that a leader has which was elected
    /// without it. `DataDirectory.settleLoss` then says so.
    package var mayVote: Bool { lostFrom == nil }
}
