/// The replicated state machine: what every node knows after applying the same entries in the same order.
///
/// Messages themselves stay in the log; here is what must be known about them all.
package struct Broker: Hashable, Sendable {
    /// Everything up to here has been applied.
    package private(set) var appliedIndex: UInt64
    /// How many messages the log holds.
    package private(set) var messageCount: UInt64
    /// The least and the greatest message id, nil while there is none.
    package private(set) var firstID: UInt64?
    package private(set) var lastID: UInt64?
    /// The clock reading of the last message: every later one is greater.
    package private(set) var latestStamp: HybridTimestamp

    package init() {
        appliedIndex = 0
        messageCount = 0
        firstID = nil
        lastID = nil
        latestStamp = .zero
    }

    /// One that goes on after what was applied before; without messages where those were removed from the log.
    init(applied: UInt64, messages: UInt64 = 0, firstID: UInt64? = nil, lastID: UInt64?, stamp: HybridTimestamp) {
        appliedIndex = applied
        messageCount = messages
        self.firstID = firstID
        self.lastID = lastID
        latestStamp = stamp
    }

    /// Applies the command at `index`.
    ///
    /// - Returns: the message it stored.
    package mutating func apply(_ command: Command, at index: UInt64) -> Message {
        advance(to: index)
        switch command {
        case .message(let draft, let hlc):
            let message = Message(
                id: index,
                sender: draft.sender,
                recipient: draft.recipient,
                content: draft.content,
                hlc: hlc
            )
            noteMessage(at: index, hlc: hlc)
            return message
        }
    }

    /// Applies an entry that is not a command: it only takes its place in the order.
    package mutating func advance(to index: UInt64) {
        precondition(index == appliedIndex + 1, "entry \(index) applied after \(appliedIndex)")
        appliedIndex = index
    }

    /// The log was cut: it begins after `index` now, `count` messages fewer than before.
    ///
    /// - Parameter next: the id of the first message left, nil for none.
    package mutating func forget(through index: UInt64, messages count: UInt64, next: UInt64?) {
        precondition(
            index <= appliedIndex && count <= messageCount,
            "\(count) messages up to \(index) were not applied"
        )
        messageCount -= count
        firstID = next
    }

    private mutating func noteMessage(at index: UInt64, hlc: HybridTimestamp) {
        messageCount += 1
        if firstID == nil { firstID = index }
        lastID = index
        latestStamp = max(latestStamp, hlc)
    }
}
