public import Messaging

extension TandemClient {
    /// Messages as they come, in the order of their ids, without end.
    ///
    /// Failovers are waited out. The sequence throws when no node answered for `Configuration.timeout`, or when the
    /// cluster refuses the read; go on from there with the id of the last message as `after`. It ends without an error
    /// when its task is cancelled.
    ///
    /// ```swift
    /// for try await message in client.follow(recipient: "bob", after: lastSeen) {
    ///     lastSeen = message.id
    /// }
    /// ```
    ///
    /// Messages are fetched only as fast as they are taken.
    ///
    /// - Parameters:
    ///   - recipient: Only messages to this one.
    ///   - sender: Only messages from this one.
    ///   - after: Only ids above this one; 0 begins at the start.
    public func follow(
        recipient: String? = nil,
        sender: String? = nil,
        after: UInt64 = 0
    ) -> AsyncThrowingStream<Message, any Error> {
        let follower = Follower(client: self, recipient: recipient, sender: sender, after: after)
        return AsyncThrowingStream { try await follower.next() }
    }
}

/// Reads page after page, and asks again when it has come to the end.
private actor Follower {
    private let client: TandemClient
    private let recipient: String?
    private let sender: String?
    private var after: UInt64
    private var fetched: ArraySlice<Message> = []
    private var hasMore = true

    init(client: TandemClient, recipient: String?, sender: String?, after: UInt64) {
        self.client = client
        self.recipient = recipient
        self.sender = sender
        self.after = after
    }

    /// Nil when the task is cancelled.
    func next() async throws -> Message? {
        do {
            while fetched.isEmpty {
                if !hasMore { try await Task.sleep(for: client.configuration.pollInterval) }
                let page = try await client.messages(recipient: recipient, sender: sender, after: after)
                fetched = page.messages[...]
                after = page.next
                hasMore = page.hasMore
            }
            return fetched.popFirst()
        } catch let error as TandemError where error.code == .cancelled {
            return nil
        } catch is CancellationError {
            return nil
        }
    }
}
