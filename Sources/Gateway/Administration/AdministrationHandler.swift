import Cluster
import HTTPServer
import Raft

/// What operators ask: who belongs to the cluster, and who leads it.
struct AdministrationHandler: Sendable {
    let configuration: GatewayConfiguration
    let replica: any ReplicaService
    let relay: Relay
    let lifecycle: Lifecycle

    /// Puts a change to the primary, wherever it is, and answers 504 if nothing else has answered by then.
    func change(_ call: Call, attempt: @escaping @Sendable (PendingRequest) -> Void) {
        let request = call.exchange.request
        let pending = PendingRequest(call.exchange, configuration: configuration, attempt: attempt)
        guard !lifecycle.isStopping else { return relay.settle(pending, after: .stopping) }
        call.exchange.park(until: configuration.requestTimeout) { Problem.timedOut.response(to: request) }
        pending.attempt(pending)
    }

    /// Goes on where this node is the primary; else the primary is asked, once one is known.
    func onPrimary(_ pending: PendingRequest, _ body: @escaping @Sendable () -> Void) {
        let status = replica.status
        if status.role == .leader { return body() }
        if status.role == .forming { return relay.settle(pending, after: .forming) }
        if let primary = status.leader, primary.id != status.nodeID {
            return relay.settle(pending, after: .notPrimary(primary))
        }
        guard pending.hold > .zero else { return relay.settle(pending, after: .noPrimary) }
        replica.awaitPrimary(otherThan: nil, within: pending.hold) { primary in
            guard primary != nil else { return relay.settle(pending, after: .noPrimary) }
            pending.attempt(pending)
        }
    }
}
