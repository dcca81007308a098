import Cluster
package import Messaging
import Raft

/// The body of `/status`. Every member is always there; what is not known is null.
package struct StatusReport: Encodable, Sendable {
    package var node: Node
    package var cluster: ClusterSummary
    /// primary, backup, learner or witness.
    package var role: String
    /// leader, follower, candidate or forming.
    package var state: String
    package var term: UInt64
    @OrNull package var leader: NodeAddress?
    package var lastIndex: UInt64
    package var commitIndex: UInt64
    package var appliedIndex: UInt64
    @OrNull package var firstId: UInt64?
    @OrNull package var lastId: UInt64?
    package var messages: UInt64
    package var degraded: Bool
    package var members: [Member]
    package var clock: Clock
    package var storage: StorageSummary
    package var problems: [Complaint]

    package struct Node: Encodable, Sendable {
        package var id: String
        package var incarnation: String
        package var url: String
        package var kind: String
        package var version: String
        package var uptimeSeconds: Int
    }

    package struct ClusterSummary: Encodable, Sendable {
        @OrNull package var id: String?
        /// Grows with each promotion by an operator.
        package var epoch: UInt64
    }

    package struct Member: Encodable, Sendable {
        package var id: String
        package var url: String
        package var kind: String
        @OrNull package var matchIndex: UInt64?
        @OrNull package var lagEntries: UInt64?
        @OrNull package var lastContactMs: Int?
        @OrNull package var clockOffsetMs: Double?
        @OrNull package var reachable: Bool?
    }

    package struct Clock: Encodable, Sendable {
        package var hlc: HybridTimestamp
        @OrNull package var synchronized: Bool?
        @OrNull package var offsetMs: Double?
        @OrNull package var maxErrorMs: Double?
    }

    package struct StorageSummary: Encodable, Sendable {
        package var bytes: UInt64
        @OrNull package var freeBytes: UInt64?
        @OrNull package var fsyncMsP99: Double?
        /// How often the whole log was read since the start, to see whether it can be.
        package var scrubs: UInt64
        /// Entries that can't be read now.
        package var damagedEntries: UInt64
        /// Entries put back from other nodes' copies since the start.
        package var repairedEntries: UInt64
    }

    package struct Complaint: Encodable, Sendable {
        package var name: String
        package var detail: String
    }
}

extension StatusReport {
    init(_ status: ReplicaStatus, version: String, uptimeSeconds: Int) {
        node = Node(
            id: status.nodeID.rawValue,
            incarnation: status.incarnation.rawValue.hexadecimal,
            url: status.url,
            kind: status.kind.name,
            version: version,
            uptimeSeconds: uptimeSeconds
        )
        cluster = ClusterSummary(id: status.clusterID?.description, epoch: status.epoch)
        role = Self.role(status)
        state = Self.state(status.role)
        term = status.term
        leader = status.leader.map { NodeAddress(id: $0.id.rawValue, url: $0.url) }
        lastIndex = status.lastIndex
        commitIndex = status.commitIndex
        appliedIndex = status.appliedIndex
        firstId = status.firstID
        lastId = status.lastID
        messages = status.messageCount
        degraded = status.degraded
        members = status.members.map(Member.init)
        clock = Clock(
            hlc: status.hlc,
            synchronized: status.kernelClock?.isSynchronized,
            offsetMs: status.kernelClock?.offsetMilliseconds,
            maxErrorMs: status.kernelClock?.maxErrorMilliseconds
        )
        storage = StorageSummary(
            bytes: status.storageBytes,
            freeBytes: status.freeBytes,
            fsyncMsP99: status.fsyncMillisecondsP99.flatMap { $0.isFinite ? $0 : nil },
            scrubs: status.health.scrubs,
            damagedEntries: status.health.lost.reduce(0) { $0 + UInt64($1.count) },
            repairedEntries: status.health.repaired
        )
        problems = status.problems.map { Complaint(name: $0.name.rawValue, detail: $0.detail) }
    }

    private static func role(_ status: ReplicaStatus) -> String {
        switch status.kind {
        case .learner: "learner"
        case .witness: "witness"
        case .voter: status.role == .leader ? "primary" : "backup"
        }
    }

    private static func state(_ role: ReplicaStatus.Role) -> String {
        switch role {
        case .forming: "forming"
        case .follower: "follower"
        case .preCandidate, .candidate: "candidate"
        case .leader: "leader"
        }
    }
}

extension StatusReport.Member {
    init(_ member: ReplicaStatus.Member) {
        id = member.id.rawValue
        url = member.url
        kind = member.kind.name
        matchIndex = member.matchIndex
        lagEntries = member.lagEntries
        lastContactMs = member.lastContactMilliseconds
        clockOffsetMs = member.clockOffsetMilliseconds
        reachable = member.reachable
    }
}
