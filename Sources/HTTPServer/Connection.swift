import HTTPTypes

/// A connection's place in its loop, told apart from earlier ones in the same place.
struct ConnectionID: Equatable, Sendable {
    let slot: Int
    let generation: UInt32

    /// For epoll, which returns 64 bits.
    var key: UInt64 { UInt64(generation) << 32 | UInt64(UInt32(truncatingIfNeeded: slot)) }
}

/// One TCP connection: touched by its loop's thread only.
final class Connection {
    enum Phase {
        /// Between requests. Can transition to: `awaitingHead`.
        case idle
        /// The request line is in. Can transition to: `receiving`, `replying`, `idle`.
        case awaitingHead
        /// The body is arriving. Can transition to: `handling`, `replying`, `idle`.
        case receiving
        /// The handler runs. Can transition to: `parked`, `replying`.
        case handling
        /// Suspended. Can transition to: `resuming`.
        case parked
        /// Resumed; the library has not come back yet. Can transition to: `replying`, `idle`.
        case resuming
        /// The reply is queued. Can transition to: `idle`.
        case replying
        /// A reply of unknown length is being sent. Can transition to: `streamWaiting`, `idle`.
        case streaming
        /// Suspended until there is more to send. Can transition to: `streaming`.
        case streamWaiting
    }

    /// A request's head, kept while its body arrives.
    struct Head {
        let method: HTTPRequest.Method
        let target: RequestTarget
        let headers: HeaderBlock
    }

    let id: ConnectionID
    let library: MHDConnection
    let socket: Socket
    let remoteAddress: String
    let tag = ConnectionTag()
    unowned let loop: ConnectionLoop

    var phase = Phase.idle
    /// Its refusal was sent past the library: nothing more is sent, and no handler sees its request.
    var hasLastWords = false
    /// The request's target as sent, or nil when it is longer than allowed.
    var target: [UInt8]?
    var head: Head?
    var intake: RequestIntake?
    /// While `handling`, `parked` or `resuming`.
    var exchange: Exchange?
    /// While `streaming` or `streamWaiting`, and from the answer on.
    var stream: ResponseStream?
    /// The reply under way has told the peer that nothing follows it.
    var endsAfterReply = false
    /// When the loop acts on this connection's phase lasting too long.
    var deadline: ContinuousClock.Instant
    /// While `idle`: when the next request must have begun.
    var idleUntil: ContinuousClock.Instant
    /// When it was last suspended.
    var parkedSince: ContinuousClock.Instant
    /// The watcher looks for this peer's hang-up, until the descriptor is closed.
    var isWatched = false
    /// Bytes counted in `bodyBytesInFlight`.
    var bodyBytesInFlight = 0

    init(
        id: ConnectionID,
        library: MHDConnection,
        socket: Socket,
        loop: ConnectionLoop,
        deadline: ContinuousClock.Instant
    ) {
        self.id = id
        self.library = library
        self.socket = socket
        self.loop = loop
        self.deadline = deadline
        idleUntil = deadline
        parkedSince = deadline
        remoteAddress = library.remoteAddress
    }

    var awaitsHead: Bool {
        if case .awaitingHead = phase { return true }
        return false
    }

    var isReceiving: Bool {
        if case .receiving = phase { return true }
        return false
    }

    var isIdle: Bool {
        if case .idle = phase { return true }
        return false
    }
}
