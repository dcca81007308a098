import Raft

/// Requests from peers that the node has not answered yet.
///
/// A peer whose request times out sends another one, while this node's disk may still keep it from answering the first:
/// so only the newest few of each peer are kept, and of those no more than it takes to answer.
struct PeerAnswers {
    /// What it takes to answer.
    struct Waiting {
        var token: ReplyToken
        var sender: MemberIdentity
        var epoch: Epoch
        /// When the request arrived, where its sender compares clocks.
        var received: Int64?
        var respond: @Sendable (PeerResponse) -> Void
    }

    /// Of each peer, by lane, oldest first.
    private var waiting: [NodeID: [RPCRequest.Lane: [Waiting]]] = [:]
    private var owners: [ReplyToken: (NodeID, RPCRequest.Lane)] = [:]
    private var lastToken: UInt64 = 0

    /// A peer has one append and two other requests under way; those it gave up may still wait here.
    private static let waitingMax = 4

    mutating func wait(for request: PeerRequest) -> ReplyToken {
        lastToken += 1
        let token = ReplyToken(lastToken)
        let (sender, lane) = (request.from.id, request.request.lane)
        owners[token] = (sender, lane)
        var line = waiting[sender]?[lane] ?? []
        line.append(
            Waiting(
                token: token,
                sender: request.from,
                epoch: request.epoch,
                received: request.clock.map { _ in request.received },
                respond: request.respond
            )
        )
        if line.count > Self.waitingMax {
            let oldest = line.removeFirst()
            owners[oldest.token] = nil
            oldest.respond(.unavailable("newer requests of this peer wait already"))
        }
        waiting[sender, default: [:]][lane] = line
        return token
    }

    mutating func take(_ token: ReplyToken) -> Waiting? {
        guard let (sender, lane) = owners.removeValue(forKey: token),
            let place = waiting[sender]?[lane]?.firstIndex(where: { $0.token == token })
        else { return nil }
        return waiting[sender]?[lane]?.remove(at: place)
    }

    /// Whether the answer still matters to anybody.
    func isWaiting(_ token: ReplyToken) -> Bool { owners[token] != nil }

    mutating func takeAll() -> [Waiting] {
        defer { (waiting, owners) = ([:], [:]) }
        return waiting.values.flatMap { $0.values.flatMap { $0 } }
    }
}
