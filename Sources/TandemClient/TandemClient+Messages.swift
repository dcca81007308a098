import FoundationEssentials
import HTTPClient
import HTTPTypes
public import Messaging

extension TandemClient {
    /// Sends a message. When this returns, the message is on disk on enough machines that losing one loses nothing.
    ///
    /// ```swift
    /// do {
    ///     let message = try await client.send(from: "alice", to: "bob", content: "hello")
    /// } catch where error.code == .outcomeUnknown {
    ///     // Stored or not: look before you send again.
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - sender: 1 to 256 bytes, no control characters.
    ///   - recipient: 1 to 256 bytes, no control characters.
    ///   - content: Any text up to the cluster's `--max-message`.
    ///   - copies: Take the message only if this many voters can hold it now; nil leaves it to the cluster.
    ///   - idempotencyKey: Names this message, so that sending it again under the same key cannot store it twice.
    ///     Clusters that do not keep keys refuse it.
    /// - Returns: The message as the cluster keeps it, with its id and time.
    /// - Throws: `.outcomeUnknown` if it may or may not be stored; with every other code, it is not.
    public func send(
        from sender: String,
        to recipient: String,
        content: String,
        copies: Int? = nil,
        idempotencyKey: String? = nil
    ) async throws(TandemError) -> Message {
        var call = Call(.post, "/messages", isWrite: true)
        call.query("copies", copies)
        call.body = try Self.encode(NewMessage(sender: sender, recipient: recipient, content: content))
        call.idempotencyKey = idempotencyKey
        return try Self.decode(Message.self, from: try await perform(call), of: call)
    }

    /// One message, or nil if the cluster has none under this id.
    ///
    /// - Throws: `.rejected` with status 410 if retention has removed it.
    public func message(
        id: UInt64,
        consistency: ReadConsistency = .linearizable
    ) async throws(TandemError) -> Message? {
        var call = Call(.get, "/messages/\(id)", isWrite: false)
        call.query(consistency)
        do throws(TandemError) {
            return try Self.decode(Message.self, from: try await perform(call), of: call)
        } catch  where error.problem?.name == "no-such-message" {
            return nil
        }
    }

    /// A page of messages in the order of their ids.
    ///
    /// ```swift
    /// var after: UInt64 = 0
    /// var hasMore = true
    /// while hasMore {
    ///     let page = try await client.messages(recipient: "bob", after: after)
    ///     for message in page.messages { print(message.content) }
    ///     (after, hasMore) = (page.next, page.hasMore)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - recipient: Only messages to this one.
    ///   - sender: Only messages from this one.
    ///   - after: Only ids above this one; 0 begins at the start.
    ///   - limit: The most messages; nil leaves it to the cluster.
    ///   - consistency: What the read may miss.
    public func messages(
        recipient: String? = nil,
        sender: String? = nil,
        after: UInt64 = 0,
        limit: Int? = nil,
        consistency: ReadConsistency = .linearizable
    ) async throws(TandemError) -> MessagePage {
        var call = Call(.get, "/messages", isWrite: false)
        call.query("recipient", recipient)
        call.query("sender", sender)
        call.query("after", after)
        call.query("limit", limit)
        call.query(consistency)
        let response = try await perform(call)
        let list = try Self.decode(MessageList.self, from: response, of: call)
        return MessagePage(
            messages: list.messages,
            next: max(after, list.messages.last?.id ?? 0),
            hasMore: list.more,
            consistency: HTTPField.Name("Consistency").flatMap { response.headers[$0] }
        )
    }
}

/// The body of `POST /messages`.
private struct NewMessage: Encodable {
    var sender: String
    var recipient: String
    var content: String
}

/// The body of `GET /messages`.
private struct MessageList: Decodable {
    var messages: [Message]
    var more: Bool
}
