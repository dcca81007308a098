package import Raft

/// A member as an operator lists it on the command line, before it has an incarnation.
package struct ListedMember: Hashable, Sendable {
    package var id: NodeID
    package var kind: Membership.Member.Kind
    /// For example `http://127.0.0.1:12345`, without a slash at the end.
    package var url: String

    package init(id: NodeID, kind: Membership.Member.Kind, url: String) {
        self.id = id
        self.kind = kind
        self.url = url
    }
}

/// How one replica runs.
package struct ReplicaConfiguration: Sendable {
    package var id: NodeID
    /// Where clients and peers reach this node.
    package var url: String
    /// The initial members in the order listed; the first voter forms the cluster. Equal on all nodes.
    package var members: [ListedMember]
    /// The cluster to join instead of forming one.
    package var joining: JoinWish?
    package var settings: Settings
    /// Seeds the random part of timeouts.
    package var seed: UInt64
    /// Most client requests that wait for a primary; more are refused as overload.
    package var heldMax: Int
    /// An append without progress for this long counts as lost.
    package var appendStallTimeout: Duration
    /// Most threads that read messages from disk for clients.
    package var readersMax: Int
    /// Most reads that wait for a reader; more are refused as overload.
    package var waitingReadsMax: Int
    /// The whole log is read once in this time, so that damage is noticed while others have copies; nil: it is not.
    package var scrubInterval: Duration?

    package init(
        id: NodeID,
        url: String,
        members: [ListedMember],
        joining: JoinWish? = nil,
        settings: Settings = Settings(),
        seed: UInt64,
        heldMax: Int = 8192,
        appendStallTimeout: Duration = .seconds(2),
        readersMax: Int = 2,
        waitingReadsMax: Int = 4096,
        scrubInterval: Duration? = .seconds(3600)
    ) {
        self.id = id
        self.url = url
        self.members = members
        self.joining = joining
        self.settings = settings
        self.seed = seed
        self.heldMax = heldMax
        self.appendStallTimeout = appendStallTimeout
        self.readersMax = readersMax
        self.waitingReadsMax = waitingReadsMax
        self.scrubInterval = scrubInterval
    }
}
