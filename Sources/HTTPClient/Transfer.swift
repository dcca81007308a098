/// One request on the client's thread, from the inbox to its completion.
final class Transfer {
    enum Phase {
        /// For a connection. Can transition to: `running`, or the transfer ends.
        case waiting
        /// Until the transfer ends.
        case running(CurlHandle)
    }

    /// Below this, making room for the whole body ahead costs more than it saves.
    private static let smallBodyBytesMax = 4 << 10

    let job: Job
    let origin: Substring
    var phase = Phase.waiting
    private(set) var head = ResponseHead()
    private(set) var body: [UInt8] = []
    /// The response crossed a limit; libcurl was told to stop.
    private(set) var isTooLarge = false
    private var uploadedCount = 0
    private var lastProgress: ContinuousClock.Instant

    init(job: Job, origin: Substring, now: ContinuousClock.Instant) {
        self.job = job
        self.origin = origin
        lastProgress = now
    }

    var request: HTTPClientRequest { job.request }

    var isWaiting: Bool {
        if case .waiting = phase { return true }
        return false
    }

    /// When this transfer has to be given up, as things stand: progress moves it, up to the request's own deadline.
    var deadline: ContinuousClock.Instant {
        guard case .running = phase, let stallTimeout = request.stallTimeout else { return job.deadline }
        return min(job.deadline, lastProgress + stallTimeout)
    }

    func progress() {
        if request.stallTimeout != nil { lastProgress = .now }
    }

    /// The next bytes of the body, at most `countMax`.
    func upload(countMax: Int) -> ArraySlice<UInt8> {
        progress()
        let piece = request.body[uploadedCount...].prefix(countMax)
        uploadedCount += piece.count
        return piece
    }

    func rewind() {
        uploadedCount = 0
    }

    func receive(headLine: some BidirectionalCollection<UInt8>) -> Bool {
        progress()
        isTooLarge = !head.append(line: headLine)
        return !isTooLarge
    }

    func receive(body piece: some Collection<UInt8>) -> Bool {
        progress()
        guard piece.count <= request.responseBytesMax - body.count else {
            isTooLarge = true
            return false
        }
        // A small body comes in one piece.
        if body.isEmpty, piece.count >= Self.smallBodyBytesMax, let length = head.contentLength,
            length <= request.responseBytesMax
        {
            body.reserveCapacity(length)
        }
        body.append(contentsOf: piece)
        return true
    }
}
