import HTTPServer

/// `/status`: every node answers it at once, always.
struct StatusHandler: Sendable {
    let replica: any ReplicaService
    let lifecycle: Lifecycle
    let version: String

    func report(_ call: Call) throws(Problem) {
        try MediaType.requireAcceptsJSON(call.exchange.request)
        let uptime = (ContinuousClock.now - lifecycle.startedAt).components.seconds
        call.exchange.respond(
            .json(
                StatusReport(replica.measuredStatus(), version: version, uptimeSeconds: Int(uptime))
            )
        )
    }
}
