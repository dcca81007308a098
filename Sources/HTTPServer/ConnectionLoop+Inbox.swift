extension ConnectionLoop {
    func obey(_ message: LoopMessage, _ daemon: MHDDaemon) {
        switch message {
        case .serve(let socket):
            serve(socket, daemon)
        case .answered(let exchange):
            if let connection = parkedConnection(of: exchange) { resume(connection) }
        case .deadlineMoved(let exchange):
            if let connection = parkedConnection(of: exchange) { setParkedDeadline(connection, exchange) }
        case .streamChanged(let stream):
            if let connection = slots[stream.connectionID], connection.stream === stream {
                streamChanged(connection, stream)
            }
        case .drain:
            drain(idleTimeout: environment.configuration.drainIdleTimeout)
        case .stop:
            isStopping = true
        }
    }

    /// The acceptor has counted it already.
    private func serve(_ socket: Socket, _ daemon: MHDDaemon) {
        guard isStopping || !daemon.add(socket) else { return }
        if isStopping { socket.close() }
        environment.counters.connections.subtract(1)
        environment.serverCounters.connectionEnded()
    }

    private func parkedConnection(of exchange: Exchange) -> Connection? {
        guard let connection = slots[exchange.connectionID], connection.exchange === exchange,
            case .parked = connection.phase
        else { return nil }
        return connection
    }

    /// Lets the library go on with a suspended connection, exactly once a suspension; it comes back in this turn's run.
    func resume(_ connection: Connection) {
        guard case .parked = connection.phase else {
            preconditionFailure("resumed while \(connection.phase)")
        }
        connection.phase = .resuming
        goOn(connection)
    }

    /// What ``resume(_:)`` and ``resumeStream(_:)`` share: undoes one ``suspend(_:)``.
    func goOn(_ connection: Connection) {
        suspendedCount -= 1
        environment.counters.parked.subtract(1)
        environment.counters.resumes.add(1)
        setDeadline(connection, now + environment.configuration.receiveTimeout)
        connection.library.resume()
    }

    /// Only from within the library's callbacks.
    func suspend(_ connection: Connection) {
        suspendedCount += 1
        environment.counters.parked.add(1)
        connection.library.suspend()
    }

    private func drain(idleTimeout: Duration) {
        isDraining = true
        drainPatience = environment.kind == .peers ? .zero : idleTimeout
        let limit = now + environment.configuration.drainReceiveTimeout
        for connection in slots.all {
            switch connection.phase {
            case .idle where !connection.socket.hasUnreadBytes:
                waitForLastRequest(on: connection)
            case .idle, .awaitingHead, .receiving:
                // A request already on its way is still served, if the rest of it comes soon.
                connection.idleUntil = min(connection.idleUntil, limit)
                setDeadline(connection, min(connection.deadline, limit))
            case .handling, .parked, .resuming, .replying, .streaming, .streamWaiting:
                connection.stream?.finish()
            }
        }
    }

    /// Answers everything, closes everything, frees the daemon. Suspended connections would make the library abort.
    func finish(_ daemon: MHDDaemon) {
        let farewell = environment.refusal
        drain(idleTimeout: .zero)
        for connection in slots.all {
            guard case .parked = connection.phase, let exchange = connection.exchange else { continue }
            // False: it was answered just before, and its message is in the inbox.
            if exchange.conclude(fallback: { farewell(.answerTimeout) }) { resume(connection) }
        }
        let limit = now + .seconds(1)
        while slots.count > 0, now < limit || suspendedCount > 0 {
            turn(daemon, waitingAtMost: .milliseconds(20))
        }
        precondition(suspendedCount == 0, "stopping with \(suspendedCount) suspended connections")
        daemon.stop()
    }
}
