import Messaging

/// Collects one page of messages.
struct PageBuilder {
    let query: MessageQuery
    private let bytesMax: Int
    private(set) var messages: [Message] = []
    private(set) var scannedThrough: UInt64
    private(set) var isFull = false
    private var bytes = 0

    init(query: MessageQuery, bytesMax: Int) {
        self.query = query
        self.bytesMax = bytesMax
        scannedThrough = query.after
    }

    /// Adds a message that matches; the page may be full after it.
    mutating func take(_ message: Message) {
        precondition(!isFull && message.id > scannedThrough, "message \(message.id) after \(scannedThrough)")
        messages.append(message)
        bytes += message.content.utf8.count
        scannedThrough = message.id
        isFull = messages.count >= query.limit || bytes >= bytesMax
    }

    /// Notes that nothing up to `id` belongs to the page any more.
    mutating func skip(to id: UInt64) {
        scannedThrough = max(scannedThrough, id)
    }

    var page: MessagePage {
        MessagePage(messages: messages, more: scannedThrough < query.through, scannedThrough: scannedThrough)
    }
}
