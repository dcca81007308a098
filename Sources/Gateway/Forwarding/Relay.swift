import Cluster
import HTTPClient
import HTTPServer
import HTTPTypes
import Raft

/// What becomes of a request that this node's replica did not take.
struct Relay: Sendable {
    let configuration: GatewayConfiguration
    let replica: any ReplicaService
    let forwarder: Forwarder

    func settle(_ pending: PendingRequest, after reason: NotAccepted) {
        let isForwarded = pending.exchange.request.isForwarded
        switch reason {
        case .notPrimary where isForwarded:
            pending.exchange.refuse(Problem(reason))
        case .noPrimary where isForwarded, .removed where isForwarded, .stopping where isForwarded:
            // The node that passed it on looks for another primary, which it does not after a 503.
            pending.exchange.refuse(Problem(.notPrimary, "This node is not the primary, and knows of none."))
        case .notPrimary(let primary):
            pass(pending, to: primary)
        case .overwritten where pending.hold > .zero:
            pending.attempt(pending)
        case .noPrimary, .noQuorum, .tooFewCopies, .overloaded, .diskFull, .forming, .removed, .repairing,
            .overwritten, .stopping:
            pending.exchange.refuse(Problem(reason))
        }
    }

    private func pass(_ pending: PendingRequest, to primary: Primary) {
        switch configuration.notPrimaryMode {
        case .forward: forward(pending, to: primary)
        case .reject: pending.exchange.refuse(Problem(.notPrimary(primary)))
        case .redirect:
            let location = primary.url + pending.exchange.request.originForm
            pending.exchange.respond(
                Response(
                    status: .temporaryRedirect,
                    headers: [.location: location, .primary: primary.url, .cacheControl: "no-store"]
                )
            )
        }
    }

    private func forward(_ pending: PendingRequest, to primary: Primary) {
        let left = pending.answerBy - .now
        guard left > .zero else { return pending.exchange.refuse(.timedOut) }
        forwarder.send(pending.exchange.request, to: primary, within: left) { result in
            switch result {
            case .success(let response) where response.saysNotPrimary:
                lookAgain(pending, after: primary)
            case .success(let response): pending.exchange.respond(response)
            case .failure(let error): recover(pending, from: error, of: primary)
            }
        }
    }

    private func recover(_ pending: PendingRequest, from error: HTTPClientError, of primary: Primary) {
        if error.code == .refused { replica.connectionRefused(by: primary.id) }
        if error.mayHaveBeenReceived, !pending.isRepeatable { return pending.exchange.refuse(.timedOut) }
        switch error.code {
        case .refused, .couldNotConnect, .connectionLost: lookAgain(pending, after: primary)
        case .timedOut: pending.exchange.refuse(.timedOut)
        case .overloaded: pending.exchange.refuse(Problem(NotAccepted.overloaded))
        case .closed, .cancelled: pending.exchange.refuse(Problem(NotAccepted.stopping))
        case .responseTooLarge, .invalidURL:
            pending.exchange.refuse(
                Problem(.noPrimary, "The answer of the primary at \(primary.url) can't be passed on: \(error.message).")
            )
        }
    }

    /// Puts the request to the replica again as soon as another primary is known, and from time to time while not: the
    /// former one may be back.
    private func lookAgain(_ pending: PendingRequest, after former: Primary) {
        let left = pending.hold
        guard left > .zero else {
            return pending.exchange.refuse(
                Problem(.noPrimary, "The primary at \(former.url) could not be reached, and no other was found.")
            )
        }
        let wait = min(left, configuration.forwardRetryInterval)
        replica.awaitPrimary(otherThan: former.id, within: wait) { _ in pending.attempt(pending) }
    }
}

extension Problem {
    static let timedOut = Problem(.timedOut, "The request was not finished in time, or lost on its way.")
}

extension Response {
    /// Whether the node asked is not the primary; 421 has other reasons too.
    fileprivate var saysNotPrimary: Bool {
        status == .misdirectedRequest && String(decoding: body, as: UTF8.self).contains(ProblemType.notPrimary.path)
    }
}
