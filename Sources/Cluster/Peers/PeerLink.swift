import FoundationEssentials
import HTTPClient
import HTTPTypes
import Messaging
import Raft
import Synchronization

/// The way to one peer: at most one append and one other request are under way at a time, so that they need two
/// connections and a long append delays no heartbeat.
final class PeerLink: Sendable {
    /// What came of a request.
    enum Report: Sendable {
        case answered(RPCReply, from: MemberIdentity, hlc: HybridTimestamp, diskFull: Bool, ClockExchange?)
        case undelivered(to: NodeID, RPCRequest.Lane, reason: String)
        /// Nobody listens at the peer's address; also undelivered.
        case refused(NodeID, RPCRequest.Lane)
    }

    /// The requests of one lane.
    private struct Traffic {
        /// When each of those under way was sent, oldest first.
        var underWay: [Instant] = []
        /// Waits for its turn.
        private var next: (RPCRequest, hlc: HybridTimestamp)?

        /// A newer request takes the place of the one that waits; but no heartbeat that of a hand-over.
        mutating func wait(_ request: RPCRequest, hlc: HybridTimestamp) {
            if case .timeoutNow = next?.0, case .heartbeat = request { return }
            next = (request, hlc)
        }

        /// A second one may go where the first has been away for `patience`: it may be lost.
        mutating func mayGo(now: Instant, patience: Duration?) -> Bool {
            let isLate = patience.map { patience in underWay.count == 1 && now.since(underWay[0]) >= patience }
            guard underWay.isEmpty || isLate == true else { return false }
            underWay.append(now)
            return true
        }

        /// One is done: gives the one that waits, which is under way now.
        mutating func finishOne(now: Instant) -> (RPCRequest, hlc: HybridTimestamp)? {
            underWay.removeFirst()
            guard underWay.isEmpty, let next else { return nil }
            self.next = nil
            underWay.append(now)
            return next
        }
    }

    private struct Lanes {
        /// For the next request of the control lane.
        var clockNote = PeerClock.Note()
        private var append = Traffic()
        private var control = Traffic()

        subscript(lane: RPCRequest.Lane) -> Traffic {
            get { lane == .append ? append : control }
            set { if lane == .append { append = newValue } else { control = newValue } }
        }
    }

    private let peer: Membership.Member
    private let cluster: ClusterID
    private let sender: MemberIdentity
    private let client: HTTPClient
    private let controlTimeout: Duration
    private let appendStallTimeout: Duration
    private let report: @Sendable (Report) -> Void
    private let lanes = Mutex(Lanes())
    private let heartbeatInterval: Duration

    /// An append is given up after this long even if bytes still trickle.
    private static let appendTimeout = Duration.seconds(60)
    private static let responseBytesMax = 64 << 10

    init(
        to peer: Membership.Member,
        cluster: ClusterID,
        sender: MemberIdentity,
        client: HTTPClient,
        configuration: ReplicaConfiguration,
        report: @escaping @Sendable (Report) -> Void
    ) {
        self.peer = peer
        self.cluster = cluster
        self.sender = sender
        self.client = client
        controlTimeout = configuration.settings.electionTimeout
        heartbeatInterval = configuration.settings.heartbeatInterval
        appendStallTimeout = configuration.appendStallTimeout
        self.report = report
    }

    /// Whether it is the way to this very member, where that is now.
    func leads(to member: Membership.Member) -> Bool {
        (peer.id, peer.incarnation, peer.url) == (member.id, member.incarnation, member.url)
    }

    /// Sends without waiting; what comes of it is reported.
    func send(_ request: RPCRequest, hlc: HybridTimestamp, clock: PeerClock.Note? = nil) {
        // An append is given up only by its own timeouts; a heartbeat that got lost must not hold up the next.
        let patience = request.lane == .control ? heartbeatInterval : nil
        let mayGo = lanes.withLock { lanes in
            if let clock { lanes.clockNote = clock }
            if lanes[request.lane].mayGo(now: Clocks.monotonic(), patience: patience) { return true }
            lanes[request.lane].wait(request, hlc: hlc)
            return false
        }
        if mayGo { transmit(request, hlc: hlc) }
    }

    private func transmit(_ request: RPCRequest, hlc: HybridTimestamp) {
        let outgoing: HTTPClientRequest
        let clock = request.lane == .control ? takeClock() : nil
        do {
            outgoing = try httpRequest(for: request, hlc: hlc, clock: clock)
        } catch {
            return finished(request, .failure("can't be encoded: \(error)"))
        }
        client.send(outgoing) { [self] result in
            switch result {
            case .success(let response):
                let returned = clock.map { (sent: $0.sent, returned: Clocks.wallMicroseconds()) }
                finished(request, .success(response, returned))
            case .failure(let error) where error.code == .refused:
                laneIsFree(request.lane)
                report(.refused(peer.id, request.lane))
            case .failure(let error):
                finished(request, .failure(error.message))
            }
        }
    }

    private enum Outcome {
        case success(HTTPClientResponse, (sent: Int64, returned: Int64)?)
        case failure(String)
    }

    private func finished(_ request: RPCRequest, _ outcome: Outcome) {
        laneIsFree(request.lane)
        switch outcome {
        case .success(let response, let times) where response.status == .ok:
            do {
                report(try answer(to: request, response.body, times))
            } catch {
                report(.undelivered(to: peer.id, request.lane, reason: "the answer can't be read: \(error)"))
            }
        case .success(let response, _):
            let text = String(decoding: response.body.prefix(300), as: UTF8.self)
            report(.undelivered(to: peer.id, request.lane, reason: "answered \(response.status.code): \(text)"))
        case .failure(let reason):
            report(.undelivered(to: peer.id, request.lane, reason: reason))
        }
    }

    private func laneIsFree(_ lane: RPCRequest.Lane) {
        let next = lanes.withLock { lanes in lanes[lane].finishOne(now: Clocks.monotonic()) }
        if let next { transmit(next.0, hlc: next.hlc) }
    }

    private func takeClock() -> PeerClock {
        let note = lanes.withLock { lanes in
            defer { lanes.clockNote = PeerClock.Note() }
            return lanes.clockNote
        }
        return PeerClock(sent: Clocks.wallMicroseconds(), note: note)
    }

    private func httpRequest(
        for request: RPCRequest,
        hlc: HybridTimestamp,
        clock: PeerClock?
    ) throws -> HTTPClientRequest {
        let path: String
        let body: [UInt8]
        switch request {
        case .appendEntries(let append):
            path = PeerPath.replicate
            body = try encode(ReplicateBody(append), hlc: hlc, clock: clock)
        case .heartbeat(let heartbeat):
            path = PeerPath.replicate
            body = try encode(ReplicateBody(heartbeat), hlc: hlc, clock: clock)
        case .requestVote(let vote):
            path = PeerPath.vote
            body = try encode(VoteBody(vote), hlc: hlc, clock: clock)
        case .readIndex(let question):
            path = PeerPath.readIndex
            body = try encode(ReadIndexBody(question), hlc: hlc, clock: clock)
        case .timeoutNow(let handOver):
            path = PeerPath.takeOver
            body = try encode(TakeOverBody(handOver), hlc: hlc, clock: clock)
        case .installSnapshot(let snapshot):
            path = PeerPath.snapshot
            body = try encode(SnapshotBody(snapshot, cluster: cluster), hlc: hlc, clock: clock)
        }
        let isAppend = request.lane == .append
        return HTTPClientRequest(
            method: .post,
            url: peer.url + path,
            headers: PeerJSON.headers,
            body: body,
            timeout: isAppend ? Self.appendTimeout : controlTimeout,
            connectTimeout: controlTimeout,
            stallTimeout: isAppend ? appendStallTimeout : nil,
            responseBytesMax: Self.responseBytesMax,
            isRepeatable: true
        )
    }

    private func encode(
        _ body: some Codable & Sendable,
        hlc: HybridTimestamp,
        clock: PeerClock?
    ) throws -> [UInt8] {
        let envelope = PeerEnvelope(
            cluster: cluster.description,
            from: PeerName(sender),
            to: PeerName(MemberIdentity(id: peer.id, incarnation: peer.incarnation)),
            hlc: hlc,
            clock: clock,
            body: body
        )
        return try PeerJSON.encode(envelope)
    }

    private func answer(
        to request: RPCRequest,
        _ body: [UInt8],
        _ times: (sent: Int64, returned: Int64)?
    ) throws -> Report {
        switch request {
        case .appendEntries, .heartbeat:
            let answer = try PeerJSON.decode(PeerAnswer<ReplicateReplyBody>.self, from: body)
            return try report(answer, answer.body.reply, times)
        case .requestVote:
            let answer = try PeerJSON.decode(PeerAnswer<VoteReplyBody>.self, from: body)
            return try report(answer, answer.body.reply, times)
        case .readIndex:
            let answer = try PeerJSON.decode(PeerAnswer<ReadIndexReplyBody>.self, from: body)
            return try report(answer, answer.body.reply, times)
        case .timeoutNow:
            let answer = try PeerJSON.decode(PeerAnswer<TakeOverBody>.self, from: body)
            return try report(answer, answer.body.reply, times)
        case .installSnapshot:
            let answer = try PeerJSON.decode(PeerAnswer<SnapshotReplyBody>.self, from: body)
            return try report(answer, answer.body.reply, times)
        }
    }

    private func report<Body>(
        _ answer: PeerAnswer<Body>,
        _ reply: RPCReply?,
        _ times: (sent: Int64, returned: Int64)?
    ) throws -> Report {
        guard let reply, let from = answer.from.identity else { throw PeerJSON.Incomplete() }
        var exchange: ClockExchange?
        if let times, let clock = answer.clock {
            exchange = ClockExchange(
                sent: times.sent,
                received: clock.received,
                answered: clock.answered,
                returned: times.returned
            )
        }
        return .answered(reply, from: from, hlc: answer.hlc, diskFull: answer.diskFull, exchange)
    }
}
