import HTTPTypes

extension ConnectionLoop {
    /// So many parameters leave the library room for the longest URL and the largest headers.
    static let parametersMax = 100

    func requestBegan(_ connection: Connection, target: some Collection<UInt8>) {
        environment.counters.requests.add(1)
        connection.phase = .awaitingHead
        connection.target = target.count <= environment.configuration.urlBytesMax ? Array(target) : nil
        let configuration = environment.configuration
        setDeadline(connection, now + (isDraining ? configuration.drainReceiveTimeout : configuration.receiveTimeout))
        // The library is about to parse them into its memory of 32 KiB, and says nothing sensible when that runs out.
        let separators = target.reduce(0) { $0 + ($1 == UInt8(ascii: "&") ? 1 : 0) }
        if separators >= Self.parametersMax {
            turnAway(connection, .badRequest("The URL has more than \(Self.parametersMax) parameters."))
        }
    }

    /// Answers past the library, which then can send nothing, and closes.
    func turnAway(_ connection: Connection, _ refusal: Refusal) {
        sendLastWords(refusal, to: connection)
        // Closing over unread bytes would send a reset, which can overtake the refusal.
        _ = connection.socket.discardReceived()
        close(connection)
    }

    /// All headers are in. A reply given now ends the connection (the library's rule), which is what refusals want.
    func headArrived(_ connection: Connection, _ line: MHDRequestLine) -> Bool {
        guard !connection.hasLastWords else { return false }
        let inspected = connection.library.inspectHead(
            of: line,
            headersMax: environment.configuration.headersMax,
            headerBytesMax: environment.configuration.headerBytesMax,
            scratch: &headerScratch
        )
        connection.phase = .receiving
        do throws(Refusal) {
            connection.head = try admit(connection, method: line.parsedMethod, inspected)
            connection.intake = RequestIntake(
                announcedBytes: inspected.announcedBytes,
                bodyBytesMax: environment.bodyBytesMax
            )
            return true
        } catch {
            return refuse(connection, error)
        }
    }

    private func admit(
        _ connection: Connection,
        method: HTTPRequest.Method?,
        _ inspected: InspectedHead
    ) throws(Refusal) -> Connection.Head {
        guard let targetBytes = connection.target else { throw .urlTooLong }
        connection.target = nil
        if let refusal = inspected.refusal { throw refusal }
        guard let method else { throw .badRequest("The method is no HTTP token.") }
        let target: RequestTarget
        do throws(RequestTarget.Malformed) {
            target = try RequestTarget(targetBytes)
        } catch {
            throw .badRequest(error.reason)
        }
        if let announced = inspected.announcedBytes {
            guard announced <= environment.bodyBytesMax else { throw .bodyTooLarge(limit: environment.bodyBytesMax) }
            guard reserveMemory(announced, for: connection) else { throw .overloaded }
        } else if !inspected.isChunked, [.post, .put, .patch].contains(method) {
            throw .lengthRequired
        }
        return Connection.Head(method: method, target: target, headers: HeaderBlock(packed: inspected.packed))
    }

    /// Counts a body against the memory for all bodies. Small ones are not counted: connections bound them.
    private func reserveMemory(_ bytes: Int, for connection: Connection) -> Bool {
        let missing = bytes - connection.bodyBytesInFlight
        guard bytes > 16 * 1024, missing > 0 else { return true }
        let counters = environment.serverCounters
        guard counters.bodyBytesInFlight.value + missing <= environment.configuration.bodyBytesInFlightMax else {
            return false
        }
        counters.bodyBytesInFlight.add(missing)
        connection.bodyBytesInFlight = bytes
        return true
    }

    /// A piece of the body. False closes the connection.
    func bodyArrived(_ connection: Connection, _ piece: some Collection<UInt8>) -> Bool {
        environment.counters.bodyBytesIn.add(piece.count)
        switch connection.intake?.received(piece) {
        case .goOn: break
        case .refuseNow(let refusal):
            sendLastWords(refusal, to: connection)
            // Until then the rest is read, lest a reset destroys what was sent.
            setDeadline(connection, now + .seconds(1))
        case .close, nil: return false
        }
        if let received = connection.intake?.body.count, !reserveMemory(received, for: connection) {
            connection.intake?.discard(because: .overloaded)
        }
        return true
    }

    /// The library's last call for a request: its body is complete, or it is back after a resume.
    func bodyEndedOrResumed(_ connection: Connection) -> Bool {
        switch connection.phase {
        case .receiving:
            guard !connection.hasLastWords else { return false }
            guard let intake = connection.intake, let head = connection.head else { return false }
            (connection.intake, connection.head) = (nil, nil)
            switch intake.ended() {
            case .handle(let body): return handle(connection, head, body)
            case .refuse(let refusal): return refuse(connection, refusal)
            }
        case .resuming:
            // Without an answer the peer hung up, and false closes its connection.
            guard let answer = connection.exchange?.takeAnswer() else { return false }
            return reply(connection, answer)
        case .idle, .awaitingHead, .handling, .parked, .replying, .streaming, .streamWaiting:
            preconditionFailure("the library called back while \(connection.phase)")
        }
    }

    private func handle(_ connection: Connection, _ head: Connection.Head, _ body: [UInt8]) -> Bool {
        let request = Request(
            method: head.method,
            target: head.target,
            headers: head.headers,
            body: body,
            remoteAddress: connection.remoteAddress
        )
        let exchange = Exchange(
            request: request,
            connectionID: connection.id,
            tag: connection.tag,
            deadline: now + environment.configuration.answerTimeout,
            inbox: environment.inbox,
            connectionClosed: environment.connectionClosed
        )
        connection.phase = .handling
        connection.exchange = exchange
        environment.handler(exchange)
        let refusal = environment.refusal
        if isStopping { _ = exchange.conclude(fallback: { refusal(.answerTimeout) }) }
        switch exchange.handlerReturned() {
        case .reply(let answer):
            return reply(connection, answer)
        case .suspend:
            park(connection, exchange)
            return true
        }
    }

    private func park(_ connection: Connection, _ exchange: Exchange) {
        connection.phase = .parked
        connection.parkedSince = now
        // The last request's watch may have had its say.
        connection.isWatched = false
        // Suspended before any message of an answer is read: both happen on this thread.
        suspend(connection)
        setParkedDeadline(connection, exchange)
    }

    private func refuse(_ connection: Connection, _ refusal: Refusal) -> Bool {
        environment.serverCounters.refused(refusal)
        return reply(connection, .response(environment.refusal(refusal)))
    }

    func reply(_ connection: Connection, _ answer: Exchange.Answer) -> Bool {
        let response: Response
        switch answer {
        case .response(let ready): response = ready
        case .rendered(let render): response = render()
        case .streamed(let head, let stream): return begin(stream, with: head, on: connection)
        }
        connection.exchange = nil
        connection.phase = .replying
        connection.endsAfterReply = response.closesConnection || isDraining
        environment.counters.bodyBytesOut.add(response.body.count)
        setDeadline(connection, now + replyTimeout(response.body.count))
        return connection.library.queue(
            response,
            serverName: environment.configuration.serverName,
            closes: connection.endsAfterReply
        )
    }

    private func replyTimeout(_ bytes: Int) -> Duration {
        let configuration = environment.configuration
        return configuration.receiveTimeout + .seconds(Double(bytes) / Double(configuration.replyBytesPerSecondMin))
    }
}
