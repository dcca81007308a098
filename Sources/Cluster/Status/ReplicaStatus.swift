package import Messaging
package import Raft

/// What a node knows of itself and its cluster at one moment.
package struct ReplicaStatus: Sendable {
    /// What a node does in consensus; `forming` until the cluster exists.
    package enum Role: String, Sendable {
        case forming
        case follower
        case preCandidate
        case candidate
        case leader
    }

    /// A member as this node sees it. Only a leader knows the matches of the others.
    package struct Member: Sendable {
        package var id: NodeID
        package var incarnation = Incarnation(0)
        package var url: String
        package var kind: Membership.Member.Kind
        package var matchIndex: UInt64?
        package var lagEntries: UInt64?
        package var lastContactMilliseconds: Int?
        /// How far its wall clock is ahead of this node's.
        package var clockOffsetMilliseconds: Double?
        package var reachable: Bool?
    }

    /// Something an operator should know.
    package struct Problem: Hashable, Sendable {
        /// What operators and their tools know it by; each is explained under `/problems/`.
        package enum Name: String, CaseIterable, Sendable {
            case degraded
            case differentMembers = "different-members"
            case diskFull = "disk-full"
            case forming
            case historyDiffers = "history-differs"
            case joining
            case memberUnreachable = "member-unreachable"
            case noPrimary = "no-primary"
            case noReserve = "no-reserve"
            case notAMember = "not-a-member"
            case promotedApart = "promoted-apart"
            case repairing
        }

        package var name: Name
        /// A sentence: what is wrong and what to do.
        package var detail: String

        package init(name: Name, detail: String) {
            self.name = name
            self.detail = detail
        }
    }

    package var nodeID: NodeID
    package var incarnation = Incarnation(0)
    package var url: String
    package var kind: Membership.Member.Kind
    package var clusterID: ClusterID?
    /// How often an operator let one node go on alone.
    package var epoch: UInt64 = 0
    package var role: Role
    package var term: UInt64 = 0
    package var leader: Primary?
    package var lastIndex: UInt64 = 0
    package var commitIndex: UInt64 = 0
    package var appliedIndex: UInt64 = 0
    package var firstID: UInt64?
    package var lastID: UInt64?
    package var messageCount: UInt64 = 0
    /// A primary that has committed in its term, or a backup that follows one and has applied what it knows committed.
    package var isReady = false
    package var voters = 0
    package var members: [Member] = []
    /// Whether these are known to be committed: else a change is under way, which may yet come to nothing.
    package var areMembersSettled = true
    package var hlc = HybridTimestamp.zero
    /// Only where it was asked for.
    package var kernelClock: KernelClock?
    /// How long ago this node last heard from a primary; zero on the primary itself.
    package var sinceLeaderContactMilliseconds: Int?
    package var storageBytes: UInt64 = 0
    package var freeBytes: UInt64?
    /// Only where it was asked for.
    package var fsyncMillisecondsP99: Double?
    package var diskFull = false
    package var degraded = false
    package var health = LogHealth()
    /// Its history is not the others', or it is not known whose is right: it serves nothing.
    package var historyDiffers = false
    package var problems: [Problem] = []
}
