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
        case answered(RPCReply, from: MemberIdentity, hlc: HybridTimestamp, diskFull: Bool)
        case undelivered(to: NodeID, RPCRequest.Lane, reason: String)
        /// Nobody listens at the peer's address; also undelivered.
        case refused(NodeID, RPCRequest.Lane)
    }

    private struct Control {
        var isUnderWay = false
        /// Waits for the one under way; a newer one takes its place.
        var next: (RPCRequest, hlc: HybridTimestamp)?
    }

    private let peer: Membership.Member
    private let cluster: ClusterID
    private let sender: MemberIdentity
    private let client: HTTPClient
    private let controlTimeout: Duration
    private let appendStallTimeout: Duration
    private let report: @Sendable (Report) -> Void
    private let control = Mutex(Control())

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
        appendStallTimeout = configuration.appendStallTimeout
        self.report = report
    }

    /// Sends without waiting; what comes of it is reported.
    func send(_ request: RPCRequest, hlc: HybridTimestamp) {
        switch request.lane {
        case .append:
            transmit(request, hlc: hlc)
        case .control:
            let mayGo = control.withLock { control in
                if control.isUnderWay {
                    control.next = (request, hlc)
                    return false
                }
                control.isUnderWay = true
                return true
            }
            if mayGo { transmit(request, hlc: hlc) }
        }
    }

    private func transmit(_ request: RPCRequest, hlc: HybridTimestamp) {
        let outgoing: HTTPClientRequest
        do {
            outgoing = try httpRequest(for: request, hlc: hlc)
        } catch {
            return finished(request, .failure("can't be encoded: \(error)"))
        }
        client.send(outgoing) { [self] result in
            switch result {
            case .success(let response):
                finished(request, .success(response))
            case .failure(let error) where error.code == .refused:
                if request.lane == .control { controlFinished() }
                report(.refused(peer.id, request.lane))
            case .failure(let error):
                finished(request, .failure(error.message))
            }
        }
    }

    private enum Outcome {
        case success(HTTPClientResponse)
        case failure(String)
    }

    private func finished(_ request: RPCRequest, _ outcome: Outcome) {
        if request.lane == .control { controlFinished() }
        switch outcome {
        case .success(let response) where response.status == .ok:
            do {
                report(try answer(to: request, response.body))
            } catch {
                report(.undelivered(to: peer.id, request.lane, reason: "the answer can't be read: \(error)"))
            }
        case .success(let response):
            let text = String(decoding: response.body.prefix(300), as: UTF8.self)
            report(.undelivered(to: peer.id, request.lane, reason: "answered \(response.status.code): \(text)"))
        case .failure(let reason):
            report(.undelivered(to: peer.id, request.lane, reason: reason))
        }
    }

    private func controlFinished() {
        let next = control.withLock { control in
            defer { control.next = nil }
            control.isUnderWay = control.next != nil
            return control.next
        }
        if let next { transmit(next.0, hlc: next.hlc) }
    }

    private func httpRequest(for request: RPCRequest, hlc: HybridTimestamp) throws -> HTTPClientRequest {
        let path: String
        let body: [UInt8]
        switch request {
        case .appendEntries(let append):
            path = PeerPath.replicate
            body = try encode(ReplicateBody(append), hlc: hlc)
        case .heartbeat(let heartbeat):
            path = PeerPath.replicate
            body = try encode(ReplicateBody(heartbeat), hlc: hlc)
        case .requestVote(let vote):
            path = PeerPath.vote
            body = try encode(VoteBody(vote), hlc: hlc)
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

    private func encode(_ body: some Codable & Sendable, hlc: HybridTimestamp) throws -> [UInt8] {
        let envelope = PeerEnvelope(
            cluster: cluster.description,
            from: PeerName(sender),
            to: peer.id.rawValue,
            hlc: hlc,
            body: body
        )
        return try PeerJSON.encode(envelope)
    }

    private func answer(to request: RPCRequest, _ body: [UInt8]) throws -> Report {
        switch request {
        case .appendEntries, .heartbeat:
            let answer = try PeerJSON.decode(PeerAnswer<ReplicateReplyBody>.self, from: body)
            return try report(answer, answer.body.reply)
        case .requestVote:
            let answer = try PeerJSON.decode(PeerAnswer<VoteReplyBody>.self, from: body)
            return try report(answer, answer.body.reply)
        }
    }

    private func report<Body>(_ answer: PeerAnswer<Body>, _ reply: RPCReply?) throws -> Report {
        guard let reply, let from = answer.from.identity else { throw PeerJSON.Incomplete() }
        return .answered(reply, from: from, hlc: answer.hlc, diskFull: answer.diskFull)
    }
}
