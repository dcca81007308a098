import Cluster
import HTTPServer
import HTTPTypes
import Logging

/// SEND and RECEIVE: what clients ask of the cluster.
struct ClientHandler: Sendable {
    let configuration: GatewayConfiguration
    let replica: any ReplicaService
    let relay: Relay
    let lifecycle: Lifecycle
    let logger: Logger

    /// Answers 504 if nothing else has by then.
    func park(_ exchange: any Answering) {
        let request = exchange.request
        exchange.park(until: configuration.requestTimeout) { Problem.timedOut.response(to: request) }
    }
}
