import FoundationEssentials
import HTTPClient
import HTTPTypes
import Messaging
import Raft
import Storage
import Synchronization

/// The way to one peer: at most one append and one other request are under way at a time, so that they need two
/// connections and a long append delays no heartbeat.
final class PeerLink: Sendable {
    /// What came of a request.
    enum Report: Sendable {
        case answered(Answered)
        /// The peer did not hear the request, for it is of this epoch; also undelivered.
        case otherEpoch(Epoch, from: MemberIdentity, RPCRequest.Lane)
        /// The peer did not hear the request, for this node was removed; also undelivered.
        case removed(by: MemberIdentity, RPCRequest.Lane)
        case undelivered(to: NodeID, RPCRequest.Lane, reason: String)
        /// Nobody listens at the peer's address; also undelivered.
        case refused(NodeID, RPCRequest.Lane)
    }

    /// An answer, and what else it said.
    struct Answered: Sendable {
        var reply: RPCReply
        var from: MemberIdentity
        var epoch: Epoch
        /// How often its sender was started.
        var boot: UInt64
        var hlc: HybridTimestamp
        var diskFull: Bool
        var exchange: ClockExchange?
    }

    /// A request, and what else was to be said when it was made.
    private struct Waiting {
        var request: RPCRequest
        var epoch: Epoch
        var hlc: HybridTimestamp
    }

    /// The requests of one lane.
    private struct Traffic {
        /// When each of those under way was sent, oldest first.
        var underWay: [Instant] = []
        /// Waits for its turn.
        private var next: Waiting?

        /// A newer request takes the place of the one that waits; but no heartbeat that of a hand-over.
        mutating func wait(_ request: Waiting) {
            if case .timeoutNow = next?.request, case .heartbeat = request.request { return }
            next = request
        }

        /// A second one may go where the first has been away for `patience`: it may be lost.
        mutating func mayGo(now: Instant, patience: Duration?) -> Bool {
            let isLate = patience.map { patience in underWay.count == 1 && now.since(underWay[0]) >= patience }
            guard underWay.isEmpty || isLate == true else { return false }
            underWay.append(now)
            return true
        }

        /// One is done: gives the one that waits, which is under way now.
        mutating func finishOne(now: Instant) -> Waiting? {
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
    private let directory: DataDirectory
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
        directory: DataDirectory,
        client: HTTPClient,
        configuration: ReplicaConfiguration,
        report: @escaping @Sendable (Report) -> Void
    ) {
        self.peer = peer
        self.cluster = cluster
        self.sender = sender
        self.directory = directory
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
    func send(_ request: RPCRequest, epoch: Epoch, hlc: HybridTimestamp, clock: PeerClock.Note? = nil) {
        let outgoing = Waiting(request: request, epoch: epoch, hlc: hlc)
        // An append is given up only by its own timeouts; a heartbeat that got lost must not hold up the next.
        let patience = request.lane == .control ? heartbeatInterval : nil
        let mayGo = lanes.withLock { lanes in
            if let clock { lanes.clockNote = clock }
            if lanes[request.lane].mayGo(now: Clocks.monotonic(), patience: patience) { return true }
            lanes[request.lane].wait(outgoing)
            return false
        }
        if mayGo { transmit(outgoing) }
    }

    private func transmit(_ waiting: Waiting) {
        let request = waiting.request
        let outgoing: HTTPClientRequest
        let clock = request.lane == .control ? takeClock() : nil
        do {
            outgoing = try httpRequest(for: waiting, clock: clock)
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
                report(try answer(to: request, response, times))
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
        if let next { transmit(next) }
    }

    private func takeClock() -> PeerClock {
        let note = lanes.withLock { lanes in
            defer { lanes.clockNote = PeerClock.Note() }
            return lanes.clockNote
        }
        return PeerClock(sent: Clocks.wallMicroseconds(), note: note)
    }

    private func httpRequest(
        for waiting: Waiting,
        clock: PeerClock?
    ) throws -> HTTPClientRequest {
        let path: String
        let body: [UInt8]
        switch waiting.request {
        case .appendEntries(let append):
            path = PeerPath.replicate
            body = try encode(ReplicateBody(append), waiting, clock: clock)
        case .heartbeat(let heartbeat):
            path = PeerPath.replicate
            body = try encode(ReplicateBody(heartbeat), waiting, clock: clock)
        case .requestVote(let vote):
            path = PeerPath.vote
            body = try encode(VoteBody(vote), waiting, clock: clock)
        case .readIndex(let question):
            path = PeerPath.readIndex
            body = try encode(ReadIndexBody(question), waiting, clock: clock)
        case .timeoutNow(let handOver):
            path = PeerPath.takeOver
            body = try encode(TakeOverBody(handOver), waiting, clock: clock)
        case .installSnapshot(let snapshot):
            path = PeerPath.snapshot
            body = try encode(SnapshotBody(snapshot, cluster: cluster), waiting, clock: clock)
        }
        let isAppend = waiting.request.lane == .append
        return HTTPClientRequest(
            method: .post,
            url: peer.url + path,
            headers: PeerJSON.headers(for: body),
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
        _ waiting: Waiting,
        clock: PeerClock?
    ) throws -> [UInt8] {
        let receiver = MemberIdentity(id: peer.id, incarnation: peer.incarnation)
        let envelope = PeerEnvelope(
            cluster: cluster.description,
            from: PeerName(sender),
            to: PeerName(receiver),
            epoch: EpochNote(waiting.epoch),
            boot: directory.recovered.bootCount,
            knownBoot: directory.knownBoot(of: receiver),
            hlc: waiting.hlc,
            clock: clock,
            body: body
        )
        return try PeerJSON.encode(envelope)
    }

    private func answer(
        to request: RPCRequest,
        _ response: HTTPClientResponse,
        _ times: (sent: Int64, returned: Int64)?
    ) throws -> Report {
        switch request {
        case .appendEntries, .heartbeat:
            let answer = try PeerJSON.decode(PeerAnswer<ReplicateReplyBody>.self, from: response)
            return try report(answer, answer.body?.reply, request.lane, times)
        case .requestVote:
            let answer = try PeerJSON.decode(PeerAnswer<VoteReplyBody>.self, from: response)
            return try report(answer, answer.body?.reply, request.lane, times)
        case .readIndex:
            let answer = try PeerJSON.decode(PeerAnswer<ReadIndexReplyBody>.self, from: response)
            return try report(answer, answer.body?.reply, request.lane, times)
        case .timeoutNow:
            let answer = try PeerJSON.decode(PeerAnswer<TakeOverBody>.self, from: response)
            return try report(answer, answer.body?.reply, request.lane, times)
        case .installSnapshot:
            let answer = try PeerJSON.decode(PeerAnswer<SnapshotReplyBody>.self, from: response)
            return try report(answer, answer.body?.reply, request.lane, times)
        }
    }

    private func report<Body>(
        _ answer: PeerAnswer<Body>,
        _ reply: RPCReply?,
        _ lane: RPCRequest.Lane,
        _ times: (sent: Int64, returned: Int64)?
    ) throws -> Report {
        guard let from = answer.from.identity, let epoch = EpochNote.epoch(answer.epoch) else {
            throw PeerJSON.Incomplete()
        }
        if answer.removed == true { return .removed(by: from, lane) }
        if answer.body == nil { return .otherEpoch(epoch, from: from, lane) }
        guard let reply else { throw PeerJSON.Incomplete() }
        var exchange: ClockExchange?
        if let times, let clock = answer.clock {
            exchange = ClockExchange(
                sent: times.sent,
                received: clock.received,
                answered: clock.answered,
                returned: times.returned
            )
        }
        return .answered(
            Answered(
                reply: reply,
                from: from,
                epoch: epoch,
                boot: answer.boot,
                hlc: answer.hlc,
                diskFull: answer.diskFull,
                exchange: exchange
            )
        )
    }
}
