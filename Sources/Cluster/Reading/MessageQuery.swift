package import Messaging

/// Which messages a client wants.
package struct MessageQuery: Hashable, Sendable {
    package var recipient: String?
    package var sender: String?
    /// Only messages with a greater id.
    package var after: UInt64
    /// Only messages with an id up to this one: what the read may see.
    package var through: UInt64
    /// Most messages in the page; at least 1.
    package var limit: Int

    package init(recipient: String? = nil, sender: String? = nil, after: UInt64, through: UInt64, limit: Int) {
        precondition(limit > 0, "a page of \(limit) messages")
        self.recipient = recipient
        self.sender = sender
        self.after = after
        self.through = through
        self.limit = limit
    }

    var isFiltered: Bool { recipient != nil || sender != nil }

    func matches(_ message: Message) -> Bool {
        (recipient == nil || recipient == message.recipient) && (sender == nil || sender == message.sender)
    }
}

/// Messages in the order of their ids.
package struct MessagePage: Sendable {
    package var messages: [Message]
    /// Whether there may be more up to the query's `through`.
    package var more: Bool
    /// Every message up to here has been looked at: the next page goes on after it.
    package var scannedThrough: UInt64
}

/// Why messages could not be read.
package enum ReadFailure: Error, Sendable {
    /// Too many reads wait already.
    case overloaded
    /// What was to be read is damaged, and being put back from the other nodes' copies.
    case repairing
    /// The storage says why.
    case storage(String)
}
