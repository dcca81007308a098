import Messaging

/// Collects one page of messages.
struct PageBuilder {
    let query: MessageQuery
    private let bytesMax: Int
    private(set) var messages: [Message] = []
    private(set) var scannedThrough: UInt64
    /// Nothing more fits.
    private(set) var isFull = false
    /// A message that matches did not fit.
    private(set) var isDone = false
    private var bytes = 0

    init(query: MessageQuery, bytesMax: Int) {
        self.query = query
        self.bytesMax = bytesMax
        scannedThrough = query.after
    }

    /// Adds a message that matches. Where the page is full, that is known to go on, and done.
    mutating func take(_ message: Message) {
        precondition(!isDone && message.id > scannedThrough, "message \(message.id) after \(scannedThrough)")
        guard !isFull else {
            isDone = true
            return
        }
        messages.append(message)
        bytes += message.content.utf8.count
        scannedThrough = message.id
        isFull = messages.count >= query.limit || bytes >= bytesMax
    }

    /// Notes that nothing more up to `id` matches.
    mutating func skip(to id: UInt64) {
        scannedThrough = max(scannedThrough, id)
    }

    var page: MessagePage {
        MessagePage(messages: messages, more: scannedThrough < query.through, scannedThrough: scannedThrough)
    }
}
