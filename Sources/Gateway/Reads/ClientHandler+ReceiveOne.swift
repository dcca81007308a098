import Cluster
import HTTPServer
import HTTPTypes
import Messaging
import Raft

/// RECEIVE of one message: `GET /messages/{id}`.
extension ClientHandler {
    func receiveOne(_ call: Call) throws(Problem) {
        let exchange = call.exchange
        try MediaType.requireAcceptsJSON(exchange.request)
        let consistency: Consistency = try call.query.word("consistency") ?? .linearizable
        let text = call.pathValues["id"] ?? ""
        guard let id = UInt64(decimalDigits: text) else {
            throw Query.invalid("id", text, "a message's id: a number")
        }
        try requireSameHistory()
        park(exchange)
        let status = replica.status
        let isStaleAllowed = consistency == .stale && status.kind != .witness
        let pending = PendingRequest(exchange, configuration: configuration) { pending in
            readLinearizable(id, for: pending)
        }
        let absent: @Sendable () -> Void = {
            if isStaleAllowed { return exchange.refuse(Self.noSuchMessage(id, .stale(status))) }
            pending.attempt(pending)
        }
        // Above what is applied, the log may hold entries that will never be committed.
        guard id <= status.appliedIndex else { return absent() }
        // Messages never change: any node that has this one answers.
        read(id, for: exchange, otherwise: absent)
    }

    /// This node does not have the message: is that because there is none?
    private func readLinearizable(_ id: UInt64, for pending: PendingRequest) {
        replica.read(hold: pending.hold) { outcome in
            switch outcome {
            case .notAccepted(let reason): relay.settle(pending, after: reason)
            case .readable(let index):
                let absent: @Sendable () -> Void = {
                    pending.exchange.refuse(Self.noSuchMessage(id, .linearizable))
                }
                guard id <= index else { return absent() }
                read(id, for: pending.exchange, otherwise: absent)
            }
        }
    }

    private func read(_ id: UInt64, for exchange: any Answering, otherwise absent: @escaping @Sendable () -> Void) {
        replica.message(id: id) { result in
            switch result {
            case .success(let message?): exchange.respond(Self.response(message))
            case .success(nil): absent()
            case .failure(let failure): refuse(exchange, failure)
            }
        }
    }

    private static func response(_ message: Message) -> Response {
        var body: [UInt8] = []
        body.append(json: message)
        return Response(
            status: .ok,
            headers: [
                .contentType: MediaType.json,
                .cacheControl: "private, max-age=31536000, immutable",
                // What never changes is as good from any node.
                .consistency: ConsistencyReport.linearizable.fieldValue,
            ],
            body: body
        )
    }

    private static func noSuchMessage(_ id: UInt64, _ consistency: ConsistencyReport) -> Problem {
        Problem(
            .noSuchMessage,
            "No message has the id \(id).",
            headers: [.consistency: consistency.fieldValue]
        )
    }
}
