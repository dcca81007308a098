import Cluster
import HTTPServer
import Logging
import Messaging
import Raft

/// RECEIVE: `GET /messages`.
extension ClientHandler {
    func receive(_ call: Call) throws(Problem) {
        try MediaType.requireAcceptsJSON(call.exchange.request)
        let selection = try MessageSelection(call.query, limitMax: configuration.listLimitMax)
        try requireSameHistory()
        park(call.exchange)
        let pending = PendingRequest(call.exchange, configuration: configuration) { pending in
            // A witness holds no messages: what it could say at once would be wrong, not stale.
            if selection.consistency == .stale, replica.status.kind != .witness {
                receiveStale(selection, for: pending)
            } else {
                receiveLinearizable(selection, for: pending)
            }
        }
        pending.attempt(pending)
    }

    private func receiveLinearizable(_ selection: MessageSelection, for pending: PendingRequest) {
        replica.read(hold: pending.hold) { outcome in
            switch outcome {
            case .notAccepted(let reason): relay.settle(pending, after: reason)
            case .readable(let index):
                guard let minimumID = selection.minimumID, minimumID > index else {
                    return page(selection, through: index, .linearizable, for: pending)
                }
                whenApplied(minimumID, pending) {
                    page(selection, through: minimumID, .linearizable, for: pending)
                }
            }
        }
    }

    private func receiveStale(_ selection: MessageSelection, for pending: PendingRequest) {
        whenApplied(selection.minimumID ?? 0, pending) {
            let status = replica.status
            // The status may be a moment older than what was waited for.
            let through = max(status.appliedIndex, selection.minimumID ?? 0)
            page(selection, through: through, .stale(status), for: pending)
        }
    }

    private func whenApplied(_ index: UInt64, _ pending: PendingRequest, then body: @escaping @Sendable () -> Void) {
        guard index > 0 else { return body() }
        replica.whenApplied(index, within: pending.hold) { isApplied in
            if isApplied { return body() }
            pending.exchange.refuse(
                Problem(
                    .notCaughtUp,
                    "The node has not applied \(index) yet.",
                    .init(parameter: "min_id")
                )
            )
        }
    }

    private func page(
        _ selection: MessageSelection,
        through index: UInt64,
        _ consistency: ConsistencyReport,
        for pending: PendingRequest
    ) {
        let query = MessageQuery(
            recipient: selection.recipient,
            sender: selection.sender,
            after: selection.after,
            through: index,
            limit: selection.limit ?? configuration.listLimit
        )
        replica.page(query) { result in
            switch result {
            case .success(let page):
                pending.exchange.respond(MessageList(page, of: selection).response(consistency))
            case .failure(let failure): refuse(pending.exchange, failure)
            }
        }
    }

    /// What this node has is not served where it may not be what was stored.
    func requireSameHistory() throws(Problem) {
        guard replica.status.historyDiffers else { return }
        throw Problem(.historyDiffers, "This node's messages are not known to be the others'. See /status.")
    }

    /// Reading from this node's own disk did not work.
    func refuse(_ exchange: any Answering, _ failure: ReadFailure) {
        switch failure {
        case .overloaded: exchange.refuse(Problem(.overloaded, "Too many reads wait for this node's disk."))
        case .repairing:
            exchange.refuse(Problem(.repairing, "What was asked for is damaged on this node's disk, and is put back."))
        case .storage(let reason):
            logger.error("a client's read failed", metadata: ["reason": "\(reason)"])
            exchange.refuse(Problem(.storageFailure, "Reading messages from this node's disk failed."))
        }
    }
}
