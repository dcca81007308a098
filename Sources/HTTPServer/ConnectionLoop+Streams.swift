import HTTPTypes

extension ConnectionLoop {
    /// Sends the head of a stream's reply; the library then asks for its body.
    func begin(_ stream: ResponseStream, with head: Response, on connection: Connection) -> Bool {
        let isBodyless = connection.exchange?.request.method == .head || !head.mayHaveBody
        if isBodyless {
            stream.end()
            return reply(connection, .response(Response(status: head.status, headers: head.headers)))
        }
        connection.exchange = nil
        connection.stream = stream
        connection.isWatched = false
        connection.phase = .streaming
        connection.endsAfterReply = head.closesConnection || isDraining
        if isDraining { stream.finish() }
        setDeadline(connection, now + environment.configuration.receiveTimeout)
        return connection.library.queueStream(
            head,
            serverName: environment.configuration.serverName,
            closes: connection.endsAfterReply,
            of: connection
        )
    }

    /// The library wants more of a stream's body.
    func streamNeeds(_ connection: Connection, atMost count: Int) -> StreamState.Supply {
        guard let stream = connection.stream else { return .abort }
        let supply = stream.next(atMost: count)
        switch supply {
        case .bytes(let bytes): environment.counters.bodyBytesOut.add(bytes.count)
        case .wait: wait(connection, stream)
        case .end, .abort: break
        }
        return supply
    }

    private func wait(_ connection: Connection, _ stream: ResponseStream) {
        connection.phase = .streamWaiting
        suspend(connection)
        if !connection.isWatched {
            // A stream lasts: watched from the first wait. Without kernel memory for it, the next heartbeat finds out.
            connection.isWatched = watcher.watch(connection.socket, for: .hangUp, key: connection.id.key)
        }
        setDeadline(connection, now + (stream.heartbeat?.every ?? .seconds(3600)))
    }

    /// There is more to send, or the stream was finished or cut.
    func streamChanged(_ connection: Connection, _ stream: ResponseStream) {
        if stream.isCut { connection.socket.shutdown() }
        guard case .streamWaiting = connection.phase, stream.stopWaiting() else { return }
        connection.phase = .streaming
        goOn(connection)
    }

    /// Nothing was sent for so long.
    func passStreamDeadline(of connection: Connection) {
        guard let stream = connection.stream else { preconditionFailure("streaming without a stream") }
        if case .streamWaiting = connection.phase, let heartbeat = stream.heartbeat {
            stream.write(heartbeat.bytes)
            streamChanged(connection, stream)
        } else {
            // Sending: the kernel gives up on a client that takes nothing (TCP_USER_TIMEOUT). Or no heartbeat was asked
            // for.
            setDeadline(connection, now + .seconds(3600))
        }
    }
}
