import Dispatch
package import Logging
import Synchronization

/// An HTTP/1.1 server: one acceptor thread, and loop threads of three kinds, so that parked streams don't slow writes
/// and clients can't starve peers. Handlers are called on loop threads and must not block; answers may come later, from
/// any thread.
package final class HTTPServer: Sendable {
    /// Can go only forward: new, running, draining, stopped.
    private enum Phase {
        case new
        case running(AcceptorControl)
        case draining
        case stopped
    }

    private let configuration: HTTPServerConfiguration
    private let logger: Logger
    private let handler: @Sendable (Exchange) -> Void
    private let connectionClosed: @Sendable (String) -> Void
    private let refusal: @Sendable (Refusal) -> Response
    private let counters = ServerCounters()
    private let phase = Mutex(Phase.new)
    private let loops = Mutex<[LoopHandle]>([])
    private let loopThreads = DispatchGroup()
    private let acceptorThread = DispatchGroup()

    /// `handler` gets every complete request. `connectionClosed` is told the tag of each ended connection that has one.
    /// `refusal` renders what the server turns away by itself. All three are called on the server's threads and must
    /// not block.
    package init(
        configuration: HTTPServerConfiguration,
        logger: Logger,
        handler: @escaping @Sendable (Exchange) -> Void,
        connectionClosed: @escaping @Sendable (_ tag: String) -> Void,
        refusal: @escaping @Sendable (Refusal) -> Response
    ) {
        precondition(configuration.writesLoops > 0, "no loop for ordinary requests")
        precondition(
            configuration.headerBytesMax <= 16 * 1024 && configuration.urlBytesMax <= 8 * 1024,
            "the library's 32 KiB a connection hold no more than 16 KiB of headers and 8 KiB of URL"
        )
        self.configuration = configuration
        self.logger = logger
        self.handler = handler
        self.connectionClosed = connectionClosed
        self.refusal = refusal
    }

    /// Binds the port exclusively, starts all threads and returns the port. Throws when the port is taken or the
    /// machine has no room.
    package func start() throws(HTTPServerError) -> UInt16 {
        let isNew = phase.withLock { if case .new = $0 { true } else { false } }
        precondition(isNew, "a server is started once")
        _ = MHDDaemon.prepareProcess
        let configuration = configurationWithinDescriptors()
        let listener = try ListeningSocket(host: configuration.host, port: configuration.port)
        do throws(HTTPServerError) {
            try startLoops(configuration)
            try startAcceptor(listener, configuration)
        } catch {
            listener.socket.close()
            stopLoops()
            throw error
        }
        logger.info("listening", metadata: ["host": "\(configuration.host)", "port": "\(listener.port)"])
        return listener.port
    }

    /// Stops accepting, ends every connection after its reply, and waits until all connections are gone or `grace` is
    /// over.
    package func drain(grace: Duration) {
        guard stopAccepting() else { return }
        for loop in loops.withLock({ $0 }) { loop.inbox.post(.drain) }
        counters.waitUntilNoConnection(atMost: grace)
    }

    /// Answers what is still parked ``Refusal/draining``, closes every connection and joins all threads. Safe at any
    /// time, and twice.
    package func stop() {
        _ = stopAccepting()
        stopLoops()
        phase.withLock { $0 = .stopped }
    }

    package var metrics: HTTPServerMetrics {
        HTTPServerMetrics(
            loops: loops.withLock { $0 }.map(\.metrics),
            connections: counters.connections.value,
            connectionsWaiting: counters.waiting.value,
            bodyBytesInFlight: counters.bodyBytesInFlight.value,
            descriptorShortagesTotal: counters.descriptorShortages.value,
            refusalsTotal: counters.refusalCounts
        )
    }

    /// Connections must leave descriptors for the log, the peers and the view: better turn clients away than fail to
    /// open a segment.
    private func configurationWithinDescriptors() -> HTTPServerConfiguration {
        var configuration = configuration
        let allowed = DescriptorLimit.raise() - Self.otherDescriptors - configuration.connectionsReservedForPeers
        if allowed < configuration.connectionsMax {
            logger.warning(
                "fewer connections than configured: raise the limit of open files (ulimit -n)",
                metadata: ["configured": "\(configuration.connectionsMax)", "allowed": "\(allowed)"]
            )
            configuration.connectionsMax = max(allowed, 1)
        }
        return configuration
    }

    private static let otherDescriptors = 512

    // MARK: - Threads

    private func startLoops(_ configuration: HTTPServerConfiguration) throws(HTTPServerError) {
        let kinds =
            [HTTPServerMetrics.LoopKind](repeating: .writes, count: configuration.writesLoops) + [.streams, .peers]
        for (number, kind) in kinds.enumerated() {
            let loop = LoopHandle(kind: kind, inbox: try Inbox(), counters: LoopCounters())
            let environment = ConnectionLoop.Environment(
                kind: kind,
                configuration: configuration,
                inbox: loop.inbox,
                counters: loop.counters,
                serverCounters: counters,
                logger: logger,
                handler: handler,
                connectionClosed: connectionClosed,
                refusal: refusal
            )
            try PlainThread.start("http-\(kind)-\(number)", in: loopThreads) { isReady in
                ConnectionLoop.run(environment, isReady: isReady)
            }
            loops.withLock { $0.append(loop) }
        }
    }

    private func startAcceptor(
        _ listener: ListeningSocket,
        _ configuration: HTTPServerConfiguration
    ) throws(HTTPServerError) {
        let control = try AcceptorControl()
        let environment = Acceptor.Environment(
            listener: listener,
            configuration: configuration,
            loops: loops.withLock { $0 },
            counters: counters,
            control: control,
            logger: logger,
            refusal: refusal
        )
        try PlainThread.start("http-accept", in: acceptorThread) { isReady in
            Acceptor.run(environment, isReady: isReady)
        }
        phase.withLock { $0 = .running(control) }
    }

    /// True for the one caller that ended accepting.
    private func stopAccepting() -> Bool {
        let control = phase.withLock { phase -> AcceptorControl? in
            guard case .running(let control) = phase else { return nil }
            phase = .draining
            return control
        }
        guard let control else { return false }
        control.stop()
        acceptorThread.wait()
        return true
    }

    private func stopLoops() {
        for loop in loops.withLock({ $0 }) { loop.inbox.post(.stop) }
        loopThreads.wait()
    }
}

extension LoopHandle {
    fileprivate var metrics: HTTPServerMetrics.Loop {
        HTTPServerMetrics.Loop(
            kind: kind,
            connections: counters.connections.value,
            connectionsTotal: counters.connectionsTotal.value,
            requestsTotal: counters.requests.value,
            parked: counters.parked.value,
            resumesTotal: counters.resumes.value,
            hangUpsTotal: counters.hangUps.value,
            bodyBytesInTotal: counters.bodyBytesIn.value,
            bodyBytesOutTotal: counters.bodyBytesOut.value
        )
    }
}
