import Synchronization

/// What other threads ask of a loop's thread.
enum LoopMessage: Sendable {
    /// Serve this socket.
    case serve(Socket)
    /// This parked exchange has its answer.
    case answered(Exchange)
    /// This parked exchange has another deadline.
    case deadlineMoved(Exchange)
    /// This stream has something to send, is finished, or has to be cut.
    case streamChanged(ResponseStream)
    /// Close what is idle, and every connection after its next reply.
    case drain
    /// Answer what is parked, close everything, end the thread.
    case stop
}

/// The only way into a loop from other threads: a batch of messages costs one wake-up.
final class Inbox: Sendable {
    let event: WakeEvent
    private let messages = Mutex<[LoopMessage]>([])

    init() throws(HTTPServerError) {
        event = try WakeEvent()
    }

    func post(_ message: LoopMessage) {
        let wasEmpty = messages.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        if wasEmpty { event.raise() }
    }

    /// Exchanges the waiting messages for `emptied`, whose room is used again.
    func take(into emptied: inout [LoopMessage]) {
        messages.withLock { messages in swap(&messages, &emptied) }
    }
}
