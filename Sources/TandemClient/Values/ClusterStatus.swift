public import Messaging

/// How a node sees itself and its cluster: `GET /status`.
public struct ClusterStatus: Hashable, Codable, Sendable {
    /// The node that answered.
    public let node: Node
    /// The cluster it belongs to.
    public let cluster: Cluster
    /// `primary`, `backup`, `learner` or `witness`.
    public let role: String
    /// `leader`, `follower`, `candidate` or `forming`.
    public let state: String
    /// The Raft term.
    public let term: UInt64
    /// The primary, if one is known.
    public let leader: Leader?
    /// The last entry of the node's log.
    public let lastIndex: UInt64
    /// The last entry known to be safe.
    public let commitIndex: UInt64
    /// The last entry the node's answers reflect.
    public let appliedIndex: UInt64
    /// The oldest message kept; nil if there is none.
    public let firstId: UInt64?
    /// The newest message; nil if there is none.
    public let lastId: UInt64?
    /// How many messages are kept.
    public let messages: UInt64
    /// Whether the cluster works with fewer copies than it should.
    public let degraded: Bool
    /// All members, as this node sees them.
    public let members: [Member]
    /// The node's clocks.
    public let clock: Clock
    /// The node's disk.
    public let storage: Storage
    /// What an operator should look at; empty if all is well.
    public let problems: [Problem]

    /// The node that answered.
    public struct Node: Hashable, Codable, Sendable {
        /// Its name, such as `a`.
        public let id: String
        /// Drawn when its data directory was made; nil from nodes that do not say.
        public let incarnation: String?
        /// Where others reach it.
        public let url: String
        /// `voter`, `learner` or `witness`.
        public let kind: String
        /// The version it runs.
        public let version: String
        /// How long it has been running.
        public let uptimeSeconds: UInt64
    }

    /// A cluster by its identity.
    public struct Cluster: Hashable, Codable, Sendable {
        /// Random, made when the cluster was formed; nil before.
        public let id: String?
        /// Grows with each promotion by an operator.
        public let epoch: UInt64
    }

    /// The primary.
    public struct Leader: Hashable, Codable, Sendable {
        /// Its name.
        public let id: String
        /// Where others reach it.
        public let url: String
    }

    /// A member, as the node that answered sees it. What it does not know is nil.
    public struct Member: Hashable, Codable, Sendable {
        /// Its name.
        public let id: String
        /// Where others reach it.
        public let url: String
        /// `voter`, `learner` or `witness`.
        public let kind: String
        /// The last entry known to be on its disk.
        public let matchIndex: UInt64?
        /// How many entries it is behind.
        public let lagEntries: UInt64?
        /// Milliseconds since it was last heard of.
        public let lastContactMs: Int64?
        /// How far its clock is from that of the node that answered, in milliseconds.
        public let clockOffsetMs: Double?
        /// Whether it answers.
        public let reachable: Bool?
    }

    /// A node's clocks.
    public struct Clock: Hashable, Codable, Sendable {
        /// The hybrid logical clock.
        public let hlc: HybridTimestamp
        /// Whether the kernel says that something keeps the clock right.
        public let synchronized: Bool?
        /// How far the kernel says the clock is off, in milliseconds.
        public let offsetMs: Double?
        /// By how much it may be off, in milliseconds.
        public let maxErrorMs: Double?
    }

    /// A node's disk.
    public struct Storage: Hashable, Codable, Sendable {
        /// Bytes in use.
        public let bytes: UInt64
        /// Bytes that are free; nil where the node does not know, as before it takes part in a cluster.
        public let freeBytes: UInt64?
        /// What 99 of 100 flushes to the disk stay under, in milliseconds.
        public let fsyncMsP99: Double?
        /// How often the whole log was read since the start, to see whether it can be.
        public let scrubs: UInt64
        /// Entries of the log that can't be read now.
        public let damagedEntries: UInt64
        /// Entries put back from other nodes' copies since the start.
        public let repairedEntries: UInt64
    }

    /// Something an operator should look at.
    public struct Problem: Hashable, Codable, Sendable {
        /// A short name, such as `disk-full`.
        public let name: String
        /// What it is about.
        public let detail: String
    }
}
