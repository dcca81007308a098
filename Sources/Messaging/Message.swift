/// What a user sent, as the cluster keeps it.
public struct Message: Hashable, Codable, Identifiable, Sendable {
    /// The message's index in the replicated log. Grows along the one total order of all messages; gaps are normal,
    /// and an id is never used again.
    public let id: UInt64
    /// Who sent it: 1 to 256 bytes, no control characters.
    public let sender: String
    /// Whom it is for: 1 to 256 bytes, no control characters.
    public let recipient: String
    /// Any text up to the server's limit.
    public let content: String
    /// When the primary took it. Along the log it never goes back.
    public let timestamp: Timestamp
    /// The hybrid logical clock behind `timestamp`: strictly grows along the log.
    public let hlc: HybridTimestamp

    /// A message as it stands in the log at `id`.
    public init(id: UInt64, sender: String, recipient: String, content: String, hlc: HybridTimestamp) {
        self.id = id
        self.sender = sender
        self.recipient = recipient
        self.content = content
        self.timestamp = hlc.timestamp
        self.hlc = hlc
    }
}
