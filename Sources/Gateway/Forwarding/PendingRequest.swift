import HTTPServer
import HTTPTypes

/// A client's request that only the primary can answer.
struct PendingRequest: Sendable {
    let exchange: any Answering
    /// Until when it may wait for a primary.
    let holdUntil: ContinuousClock.Instant
    /// By when it is answered in any case.
    let answerBy: ContinuousClock.Instant
    /// Puts it to this node's replica, at first and whenever the primary may have changed.
    let attempt: @Sendable (PendingRequest) -> Void

    /// - Parameter attempt: settles the request, or hands it to `Relay.settle`.
    init(
        _ exchange: any Answering,
        configuration: GatewayConfiguration,
        attempt: @escaping @Sendable (PendingRequest) -> Void
    ) {
        let now = ContinuousClock.now
        self.exchange = exchange
        self.attempt = attempt
        // One that another node passed on is held there: this node says at once that it is not the primary.
        holdUntil = exchange.request.isForwarded ? now : now + configuration.hold
        answerBy = now + configuration.requestTimeout
    }

    /// What is left of the time it may wait for a primary; never negative.
    var hold: Duration { max(.zero, holdUntil - .now) }

    /// Whether doing it twice is the same as doing it once.
    var isRepeatable: Bool { [.get, .head].contains(exchange.request.method) }
}

extension Request {
    /// Whether another node passed it on, taking this one for the primary.
    var isForwarded: Bool { header(.forwardedBy) != nil }

    /// Path and query as sent, without the host that a request to a proxy has in front (RFC 9112 §3.2).
    var originForm: String {
        guard !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") else { return target }
        let rest = target[scheme.upperBound...]
        let start = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        return (rest[start...].hasPrefix("/") ? "" : "/") + rest[start...]
    }
}
