import Synchronization

/// One request and its one answer. Answered exactly once: of several answers, deadlines and hang-ups the first wins,
/// the others are dropped.
package final class Exchange: Sendable {
    enum Answer: Sendable {
        case response(Response)
        case rendered(@Sendable () -> Response)
        case streamed(Response, ResponseStream)
    }

    /// What a passing deadline means for the loop.
    enum Expiry {
        /// Answered or given up already.
        case settled
        case later(ContinuousClock.Instant)
        /// This exchange now has its answer: resume the connection.
        case answered
    }

    private struct Shared {
        var state = ExchangeState<Answer>()
        var deadline: ContinuousClock.Instant
        var onDeadline: (@Sendable () -> Response)?
        var onHangUp: (@Sendable () -> Void)?
        var isAbandoned = false

        /// Empties what the exchange holds for its owner, to be released outside the lock.
        mutating func takeCallbacks() -> Callbacks {
            defer { (onDeadline, onHangUp) = (nil, nil) }
            return Callbacks(onDeadline: onDeadline, onHangUp: onHangUp)
        }
    }

    private struct Callbacks {
        var onDeadline: (@Sendable () -> Response)?
        var onHangUp: (@Sendable () -> Void)?
    }

    package let request: Request
    let connectionID: ConnectionID
    private let inbox: Inbox
    private let tag: ConnectionTag
    private let connectionClosed: @Sendable (String) -> Void
    private let shared: Mutex<Shared>

    init(
        request: Request,
        connectionID: ConnectionID,
        tag: ConnectionTag,
        deadline: ContinuousClock.Instant,
        inbox: Inbox,
        connectionClosed: @escaping @Sendable (String) -> Void
    ) {
        self.request = request
        self.connectionID = connectionID
        self.tag = tag
        self.inbox = inbox
        self.connectionClosed = connectionClosed
        shared = Mutex(Shared(deadline: deadline))
    }

    /// Answers, from any thread, at any time. A second answer is dropped.
    package func respond(_ response: Response) { answer(.response(response)) }

    /// Answers with what `render` makes on the connection's loop thread: it must not block.
    package func respond(with render: @escaping @Sendable () -> Response) { answer(.rendered(render)) }

    /// Answers with a body of unknown length: `head` (its body comes first), then whatever is written to the stream,
    /// until it is finished.
    /// When the exchange has been answered already, the stream returned has ended.
    package func respondStreaming(_ head: Response, options: ResponseStream.Options = .init()) -> ResponseStream {
        let stream = ResponseStream(
            first: head.body,
            connectionID: connectionID,
            inbox: inbox,
            options: options
        )
        if !answer(.streamed(head, stream)) { stream.end() }
        return stream
    }

    /// Sets this exchange's own deadline, from now. When it passes unanswered, `otherwise` is rendered on the loop's
    /// thread and answers.
    package func park(until duration: Duration, otherwise: @escaping @Sendable () -> Response) {
        let deadline = ContinuousClock.now + duration
        let (wasParked, replaced) = shared.withLock { shared in
            let replaced = shared.onDeadline
            shared.deadline = deadline
            shared.onDeadline = otherwise
            return (shared.state.isParked, replaced)
        }
        _ = consume replaced
        if wasParked { inbox.post(.deadlineMoved(self)) }
    }

    /// Calls `body` if the peer goes away before there is an answer: at once when it has already gone. At most one body
    /// is kept.
    package func onHangUp(_ body: @escaping @Sendable () -> Void) {
        let isAbandoned = shared.withLock { shared in
            if !shared.isAbandoned { shared.onHangUp = body }
            return shared.isAbandoned
        }
        if isAbandoned { body() }
    }

    /// Names the TCP connection: when it ends, the server calls `connectionClosed(tag)`, at once if it has already
    /// ended.
    package func tagConnection(_ tag: String) {
        if !self.tag.set(tag) { connectionClosed(tag) }
    }

    /// False when it came too late.
    @discardableResult
    private func answer(_ answer: Answer) -> Bool {
        let (action, unused) = shared.withLock { shared in
            let action = shared.state.answer(answer)
            return (action, action == .drop ? Callbacks() : shared.takeCallbacks())
        }
        _ = consume unused
        if action == .resume { inbox.post(.answered(self)) }
        return action != .drop
    }

    // MARK: - For the loop's thread only

    /// When the loop has to look at this exchange, if it is still parked then.
    var deadline: ContinuousClock.Instant { shared.withLock { $0.deadline } }

    func handlerReturned() -> ExchangeState<Answer>.HandlerAction {
        shared.withLock { $0.state.handlerReturned() }
    }

    func takeAnswer() -> Answer? {
        shared.withLock { $0.state.takeAnswer() }
    }

    /// Answers in the owner's place if the deadline has passed, with `park`'s reply or with `fallback`.
    func expire(at now: ContinuousClock.Instant, fallback: @escaping @Sendable () -> Response) -> Expiry {
        let (expiry, unused): (Expiry, Callbacks) = shared.withLock { shared in
            guard shared.state.isParked else { return (.settled, Callbacks()) }
            guard shared.deadline <= now else { return (.later(shared.deadline), Callbacks()) }
            let callbacks = shared.takeCallbacks()
            _ = shared.state.answer(.rendered(callbacks.onDeadline ?? fallback))
            return (.answered, callbacks)
        }
        _ = consume unused
        return expiry
    }

    /// The server stops: answers as at the deadline, for what the handler has begun may yet be done. True when the
    /// connection must be resumed.
    func conclude(fallback: @escaping @Sendable () -> Response) -> Bool {
        let (action, unused) = shared.withLock { shared in
            let action = shared.state.answer(.rendered(shared.onDeadline ?? fallback))
            return (action, action == .drop ? Callbacks() : shared.takeCallbacks())
        }
        _ = consume unused
        return action == .resume
    }

    /// The peer went away. True when an answer was still owed; its owner has been told.
    func peerIsGone() -> Bool {
        let (wasOwed, callbacks) = shared.withLock { shared in
            let wasOwed = shared.state.peerIsGone()
            if wasOwed { shared.isAbandoned = true }
            return (wasOwed, shared.takeCallbacks())
        }
        if wasOwed { callbacks.onHangUp?() }
        return wasOwed
    }
}
