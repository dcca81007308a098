import Cluster
import HTTPServer
import HTTPTypes
import Messaging
import Raft

/// SEND: `POST /messages`.
extension ClientHandler {
    func send(_ call: Call) throws(Problem) {
        let exchange = call.exchange
        let request = exchange.request
        try MediaType.requireJSON(request)
        try MediaType.requireAcceptsJSON(request)
        try refuseKey(request)
        let copies = try copies(call.query)
        let draft = try Draft(json: request.body, contentBytesMax: configuration.contentBytesMax)
        let reply = SendReply(draft: draft, preference: Preferences(request.header(.prefer)).return)
        let payload = Command.unstampedPayload(of: draft)
        let pending = PendingRequest(exchange, configuration: configuration) { pending in
            propose(payload, copies: copies, reply: reply, for: pending)
        }
        guard !lifecycle.isStopping else { return relay.settle(pending, after: .stopping) }
        park(exchange)
        pending.attempt(pending)
    }

    private func propose(_ payload: [UInt8], copies: Int, reply: SendReply, for pending: PendingRequest) {
        replica.propose([payload], copies: copies, hold: pending.hold) { outcome in
            switch outcome {
            case .committed(let ids, let stamps, let copies):
                precondition(ids.count == 1 && stamps.count == 1, "one message was committed as \(ids), \(stamps)")
                pending.exchange.respond {
                    reply.response(id: ids.lowerBound, stamp: stamps[0], copies: copies)
                }
            case .notAccepted(let reason): relay.settle(pending, after: reason)
            }
        }
    }

    /// A key that is not kept must not look as if it were: the client would send again, and the message be there twice.
    private func refuseKey(_ request: Request) throws(Problem) {
        guard request.header(.idempotencyKey) == nil else {
            throw Problem(.notSupportedYet, "The header field Idempotency-Key is not supported by this version.")
        }
    }

    /// How many copies this write needs: what the client asks for, but no fewer than the operator wants.
    private func copies(_ query: Query) throws(Problem) -> Int {
        guard let asked = try query.number("copies", in: 1...UInt64(UInt16.max)) else {
            return configuration.copiesMin
        }
        let holders = replica.status.members.count { $0.kind == .voter }
        if holders > 0, asked > holders {
            throw Problem(
                .tooManyCopies,
                "\(asked) copies are asked for, but only \(holders) voters hold messages.",
                .init(parameter: "copies", limit: holders)
            )
        }
        return max(Int(asked), configuration.copiesMin)
    }
}

/// How the client wants to hear that its message is stored.
struct SendReply: Sendable {
    let draft: Draft
    let preference: Preferences.Return?

    func response(id: UInt64, stamp: HybridTimestamp, copies: Int) -> Response {
        var headers: HTTPFields = [
            .contentType: MediaType.json,
            .location: "/messages/\(id)",
            .durability: "fsync; copies=\(copies)",
        ]
        if let preference { headers[.preferenceApplied] = "return=\(preference.rawValue)" }
        var body: [UInt8] = []
        if preference == .minimal {
            body.append("{\"id\":")
            body.append(decimal: id)
            body.append("}")
        } else {
            body.append(
                json: Message(
                    id: id,
                    sender: draft.sender,
                    recipient: draft.recipient,
                    content: draft.content,
                    hlc: stamp
                )
            )
        }
        return Response(status: .created, headers: headers, body: body)
    }
}
