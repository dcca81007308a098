import HTTPTypes

/// The life of a client's thread: takes requests from the inbox, lets libcurl move them, calls completions.
struct ClientLoop {
    private let inbox: Inbox
    private let engine: CurlEngine
    private var queues: HostQueues
    private var transfers: [UInt64: Transfer] = [:]
    /// No transfer's deadline is earlier. Later ones cost no work: deadlines move with every byte and are looked at
    /// only when this time has come.
    private var nextSweep: ContinuousClock.Instant?
    private var commands: [Inbox.Command] = []

    init(inbox: Inbox, engine: CurlEngine, connectionsPerHostMax: Int) {
        self.inbox = inbox
        self.engine = engine
        queues = HostQueues(connectionsMax: connectionsPerHostMax)
    }

    /// Returns after the inbox was closed and every request is settled.
    mutating func run() {
        while inbox.take(into: &commands) {
            obeyCommands()
            engine.runTimers()
            settleFinished()
            sweepIfDue()
            engine.wait(inbox.prepareToSleep() ? untilNextSweep : .zero)
            settleFinished()
        }
        obeyCommands()
        // Those that wait first, so that none of them takes a place that becomes free.
        for transfer in transfers.values.filter(\.isWaiting) + transfers.values.filter({ !$0.isWaiting }) {
            giveUp(transfer, .closed, "the client was closed")
        }
    }

    private var untilNextSweep: Duration? {
        nextSweep.map { max(.zero, ContinuousClock.now.duration(to: $0)) }
    }

    private mutating func obeyCommands() {
        for command in commands {
            switch command {
            case .start(let job): admit(job)
            case .cancel(let id):
                if let transfer = transfers[id] { giveUp(transfer, .cancelled, "given up by the caller") }
            }
        }
        commands.removeAll(keepingCapacity: true)
    }

    private mutating func admit(_ job: Job) {
        guard let origin = job.request.origin, !job.request.url.utf8.contains(0) else {
            let message = "\(job.request.url) is not an absolute http or https URL"
            return complete(job, .failure(HTTPClientError(.invalidURL, message, mayHaveBeenReceived: false)))
        }
        let transfer = Transfer(job: job, origin: origin, now: .now)
        transfers[job.id] = transfer
        if queues.admit(job.id, to: origin) { start(transfer) } else { watch(transfer) }
    }

    private mutating func start(_ transfer: Transfer) {
        transfer.progress()
        guard engine.start(transfer) else {
            let error = HTTPClientError(.couldNotConnect, "out of memory", mayHaveBeenReceived: false)
            return finish(transfer, .failure(error))
        }
        watch(transfer)
    }

    private mutating func watch(_ transfer: Transfer) {
        nextSweep = min(nextSweep ?? transfer.deadline, transfer.deadline)
    }

    private mutating func settleFinished() {
        while let (transfer, result) = engine.nextFinished() { finish(transfer, result) }
    }

    /// The end of a transfer that has, or was about to have, a connection.
    private mutating func finish(_ transfer: Transfer, _ result: Result<HTTPClientResponse, HTTPClientError>) {
        transfers[transfer.job.id] = nil
        complete(transfer.job, result)
        guard let next = queues.release(transfer.origin) else { return }
        guard let waiting = transfers[next] else { preconditionFailure("request \(next) waits but is unknown") }
        start(waiting)
    }

    private mutating func giveUp(_ transfer: Transfer, _ code: HTTPClientError.Code, _ reason: String) {
        let message = "\(transfer.request.method.rawValue) \(transfer.request.url): \(reason)"
        switch transfer.phase {
        case .running(let handle):
            let hasSent = engine.abandon(handle)
            finish(transfer, .failure(HTTPClientError(code, message, mayHaveBeenReceived: hasSent)))
        case .waiting:
            queues.withdraw(transfer.job.id, from: transfer.origin)
            transfers[transfer.job.id] = nil
            complete(transfer.job, .failure(HTTPClientError(code, message, mayHaveBeenReceived: false)))
        }
    }

    private func complete(_ job: Job, _ result: Result<HTTPClientResponse, HTTPClientError>) {
        inbox.settle()
        job.completion(result)
    }

    private mutating func sweepIfDue() {
        guard let due = nextSweep else { return }
        let now = ContinuousClock.now
        guard due <= now else { return }
        for transfer in transfers.values.filter({ $0.deadline <= now }) {
            let isOver = transfer.job.deadline <= now
            giveUp(transfer, .timedOut, isOver ? "not done in time" : "no byte moved for too long")
        }
        nextSweep = transfers.values.lazy.map(\.deadline).min()
    }
}
