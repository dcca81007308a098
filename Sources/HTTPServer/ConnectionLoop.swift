import Logging

/// Serves connections on one thread: drives a libmicrohttpd daemon, takes answers from its inbox, keeps every deadline.
/// Everything here happens on that thread; other threads reach it through the ``Inbox`` only.
final class ConnectionLoop {
    /// What a loop is made from.
    struct Environment: Sendable {
        let kind: HTTPServerMetrics.LoopKind
        let configuration: HTTPServerConfiguration
        let inbox: Inbox
        let counters: LoopCounters
        let serverCounters: ServerCounters
        let logger: Logger
        let handler: @Sendable (Exchange) -> Void
        let connectionClosed: @Sendable (String) -> Void
        let refusal: @Sendable (Refusal) -> Response

        var bodyBytesMax: Int { kind == .peers ? configuration.peerBodyBytesMax : configuration.bodyBytesMax }
    }

    let environment: Environment
    let watcher: Watcher
    var slots = ConnectionSlots()
    var deadlines = DeadlineHeap()
    /// Read once a turn: a turn takes well under a millisecond.
    var now = ContinuousClock.now
    /// Every reply from now on ends its connection.
    var isDraining = false
    /// How long a kept connection may still bring a request then.
    var drainPatience = Duration.zero
    /// Nothing is suspended any more.
    var isStopping = false
    /// Connections the library must not be stopped with.
    var suspendedCount = 0
    /// Room for one request's headers.
    var headerScratch: [UInt8]
    private var messages: [LoopMessage] = []

    init(_ environment: Environment) throws(HTTPServerError) {
        self.environment = environment
        watcher = try Watcher()
        headerScratch = [UInt8](repeating: 0, count: environment.configuration.headerBytesMax)
        messages.reserveCapacity(1024)
    }

    /// The thread's body: returns after a ``LoopMessage/stop``.
    static func run(_ environment: Environment, isReady: (HTTPServerError?) -> Void) {
        let loop: ConnectionLoop
        do throws(HTTPServerError) {
            loop = try ConnectionLoop(environment)
        } catch {
            return isReady(error)
        }
        guard let daemon = MHDDaemon(loop: loop, connectionsMax: environment.configuration.allConnectionsMax + 64)
        else {
            return isReady(.noResources("a libmicrohttpd daemon", reason: "it did not start"))
        }
        isReady(nil)
        loop.serve(daemon)
        loop.finish(daemon)
    }

    private func serve(_ daemon: MHDDaemon) {
        while !isStopping {
            turn(daemon, waitingAtMost: nil)
        }
    }

    /// Waits for something, then does all there is to do, once.
    func turn(_ daemon: MHDDaemon, waitingAtMost limit: Duration?) {
        let ready = daemon.wait(event: environment.inbox.event, watcher: watcher, milliseconds: timeout(daemon, limit))
        now = .now
        if ready.event { environment.inbox.event.clear() }
        readInbox(daemon)
        if ready.watcher { readWatcher() }
        passDeadlines()
        // Last, because resumed connections go on in here, and the library's timeout does not count them.
        if !daemon.run() {
            environment.logger.critical("libmicrohttpd failed to run", metadata: ["loop": "\(environment.kind)"])
        }
    }

    private func readInbox(_ daemon: MHDDaemon) {
        environment.inbox.take(into: &messages)
        for message in messages { obey(message, daemon) }
        messages.removeAll(keepingCapacity: true)
    }

    /// Milliseconds until the library or a deadline needs us, rounded up; -1 is for ever.
    private func timeout(_ daemon: MHDDaemon, _ limit: Duration?) -> Int32 {
        var timeout = daemon.timeoutMilliseconds ?? Int32.max
        if timeout == 0 { return 0 }
        if let first = deadlines.first { timeout = min(timeout, (first - .now).millisecondsRoundedUp) }
        if let limit { timeout = min(timeout, limit.millisecondsRoundedUp) }
        return timeout == Int32.max ? -1 : timeout
    }

    func libraryLogged(_ line: String) {
        // Its lines can quote whole replies and come at a client's will, so never above debug.
        environment.logger.debug("libmicrohttpd: \(line)", metadata: ["loop": "\(environment.kind)"])
    }
}

extension Duration {
    /// For poll: never earlier than asked, never negative.
    var millisecondsRoundedUp: Int32 {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
