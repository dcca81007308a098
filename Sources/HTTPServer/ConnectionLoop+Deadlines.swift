extension ConnectionLoop {
    /// Acts on every connection whose phase has lasted too long.
    func passDeadlines() {
        while let slot = deadlines.popDue(now) {
            guard let connection = slots[slot: slot] else {
                preconditionFailure("a deadline in slot \(slot), which has no connection")
            }
            if connection.deadline > now {
                deadlines.lower(slot, to: connection.deadline)
            } else {
                passDeadline(of: connection)
            }
        }
    }

    private func passDeadline(of connection: Connection) {
        switch connection.phase {
        case .awaitingHead, .receiving:
            if !connection.hasLastWords { sendLastWords(isDraining ? .draining : .requestTimeout, to: connection) }
            close(connection)
        case .idle:
            // A peer's end that came together with its request is one event, which the library took for the request
            // alone.
            if isDraining, connection.socket.hasUnreadBytes {
                // In time: the library reads it in this turn.
                setDeadline(connection, now + environment.configuration.drainReceiveTimeout)
            } else if connection.idleUntil <= now || connection.socket.hasEnded {
                close(connection)
            } else {
                setDeadline(connection, connection.idleUntil)
            }
        case .replying, .resuming:
            close(connection)
        case .streaming, .streamWaiting:
            passStreamDeadline(of: connection)
        case .parked:
            passParkedDeadline(of: connection)
        case .handling:
            preconditionFailure("a deadline passed inside the handler")
        }
    }

    /// Refuses a request the library is still reading. It has written nothing since the last reply, so these bytes are
    /// in order; it can add nothing to them.
    func sendLastWords(_ refusal: Refusal, to connection: Connection) {
        environment.serverCounters.refused(refusal)
        let reply = environment.refusal(refusal)
        connection.socket.sendLastWords(reply.lastWords(serverName: environment.configuration.serverName))
        connection.socket.shutdownSending()
        connection.hasLastWords = true
    }

    /// The library sees the end of the stream and closes. Looked at again in case it does not.
    func close(_ connection: Connection) {
        connection.socket.shutdown()
        setDeadline(connection, now + .seconds(1))
    }

    private func passParkedDeadline(of connection: Connection) {
        guard let exchange = connection.exchange else { preconditionFailure("parked without an exchange") }
        if !connection.isWatched, connection.parkedSince + environment.configuration.hangUpWatchDelay <= now {
            // Not watched for want of kernel memory: the deadline still holds.
            connection.isWatched = watcher.watch(connection.socket, for: .hangUp, key: connection.id.key)
        }
        let refusal = environment.refusal
        switch exchange.expire(at: now, fallback: { refusal(.answerTimeout) }) {
        case .settled:
            break  // Its message is in the inbox.
        case .later(let time):
            setDeadline(connection, time)
        case .answered:
            resume(connection)
        }
    }

    /// A parked connection is looked at when its exchange expires, and before that once, to start watching for a
    /// hang-up:
    /// most exchanges are answered long before that, and then cost the kernel nothing.
    func setParkedDeadline(_ connection: Connection, _ exchange: Exchange) {
        let watchTime = connection.parkedSince + environment.configuration.hangUpWatchDelay
        setDeadline(connection, connection.isWatched ? exchange.deadline : min(exchange.deadline, max(watchTime, now)))
    }

    /// Peers that went away while their request was parked: the library is blind to that.
    func readWatcher() {
        for key in watcher.wait(milliseconds: 0) {
            guard let connection = slots[key: key] else { continue }
            switch connection.phase {
            case .parked:
                if connection.exchange?.peerIsGone() == true { environment.counters.hangUps.add(1) }
                connection.socket.shutdown()
                resume(connection)
            case .streaming, .streamWaiting:
                environment.counters.hangUps.add(1)
                connection.stream?.cut()
            case .idle, .awaitingHead, .receiving, .handling, .resuming, .replying:
                break  // The library reads and writes, so it notices by itself.
            }
        }
    }
}
