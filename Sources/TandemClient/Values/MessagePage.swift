public import Messaging

/// Some messages in the order of their ids, and where to go on.
public struct MessagePage: Hashable, Sendable {
    /// In ascending order of id.
    public let messages: [Message]
    /// The `after` of the next page.
    public let next: UInt64
    /// Whether the next page has messages already.
    public let hasMore: Bool
    /// What the read was, in the words of the node: `linearizable`, or `stale; applied=1042; age=12`.
    public let consistency: String?

    /// A page, for tests and stand-ins of your own.
    public init(messages: [Message], next: UInt64, hasMore: Bool, consistency: String? = nil) {
        self.messages = messages
        self.next = next
        self.hasMore = hasMore
        self.consistency = consistency
    }
}

/// What a read may miss.
public enum ReadConsistency: String, Hashable, Sendable {
    /// Nothing: every message acknowledged before the read is in it. Needs a primary.
    case linearizable
    /// The newest messages: a node answers at once with what it has, also while there is no primary.
    case stale
}
