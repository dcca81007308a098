extension ConnectionLoop {
    func connectionOpened(_ library: MHDConnection, _ socket: Socket) -> Connection {
        let connection = Connection(
            id: slots.reserve(),
            library: library,
            socket: socket,
            loop: self,
            deadline: now
                + (isDraining ? environment.configuration.drainIdleTimeout : environment.configuration.receiveTimeout)
        )
        slots.fill(connection)
        deadlines.lower(connection.id.slot, to: connection.deadline)
        return connection
    }

    func connectionClosed(_ connection: Connection) {
        switch connection.phase {
        case .parked, .streamWaiting: preconditionFailure("the library closed a suspended connection")
        case .idle, .awaitingHead, .receiving, .handling, .resuming, .replying, .streaming: break
        }
        deadlines.remove(connection.id.slot)
        slots.release(connection.id)
        environment.counters.connections.subtract(1)
        environment.serverCounters.connectionEnded()
        if let tag = connection.tag.close() { environment.connectionClosed(tag) }
    }

    /// The reply is with the kernel, or the request died: whatever it held is let go.
    func requestEnded(_ connection: Connection, completed: Bool) {
        _ = connection.exchange?.peerIsGone()
        connection.exchange = nil
        connection.stream?.end()
        connection.stream = nil
        connection.head = nil
        connection.intake = nil
        connection.target = nil
        environment.serverCounters.bodyBytesInFlight.subtract(connection.bodyBytesInFlight)
        connection.bodyBytesInFlight = 0
        connection.phase = .idle
        connection.idleUntil = now + environment.configuration.idleTimeout
        setDeadline(connection, min(connection.idleUntil, now + .seconds(1)))
        if isDraining { waitForLastRequest(on: connection) }
    }

    /// A connection that waits for a request, while draining. Where the peer does not know that the server ends, its
    /// next request may be on its way, and a reset would leave it in doubt.
    func waitForLastRequest(on connection: Connection) {
        guard !connection.endsAfterReply, drainPatience > .zero else { return connection.socket.shutdown() }
        connection.idleUntil = min(connection.idleUntil, now + drainPatience)
        setDeadline(connection, min(connection.deadline, connection.idleUntil))
    }

    func setDeadline(_ connection: Connection, _ time: ContinuousClock.Instant) {
        connection.deadline = time
        deadlines.lower(connection.id.slot, to: time)
    }
}
