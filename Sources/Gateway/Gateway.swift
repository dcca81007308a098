package import Cluster
import HTTPClient
import HTTPServer
package import Logging
import Raft

/// The HTTP face of one node: everything clients and peers can ask of it.
package final class Gateway: Sendable {
    private let server: HTTPServer
    private let client: HTTPClient
    private let lifecycle = Lifecycle()
    private let router: Router

    /// - Parameter replica: started by the caller, and stopped by it after `stop()`.
    package convenience init(configuration: GatewayConfiguration, replica: Replica, logger: Logger) {
        self.init(configuration: configuration, service: replica, logger: logger)
    }

    package init(configuration: GatewayConfiguration, service: any ReplicaService, logger: Logger) {
        client = HTTPClient(
            name: "forward",
            connectionsPerHostMax: configuration.forwardConnectionsMax,
            pendingMax: configuration.forwardsMax
        )
        let peers = PeerHandler(replica: service, limit: configuration.peerTimeout)
        router = Self.router(
            configuration: configuration,
            replica: service,
            sender: client,
            peers: peers,
            lifecycle: lifecycle,
            logger: logger
        )
        var serverConfiguration = configuration.server
        serverConfiguration.serverName = "tandem/\(configuration.version)"
        serverConfiguration.bodyBytesMax = configuration.bodyBytesMax
        // One append must fit whatever one message may be: in base64, with others beside it.
        serverConfiguration.peerBodyBytesMax = max(
            serverConfiguration.peerBodyBytesMax,
            configuration.contentBytesMax * 2 + (8 << 20)
        )
        serverConfiguration.peerPaths = PeerPath.all
        // Each answer makes its loop look at everybody who waits there: who waits for long gets a loop of its own.
        serverConfiguration.isStream = { target, _ in target.contains("min_id=") }
        server = HTTPServer(
            configuration: serverConfiguration,
            logger: logger,
            handler: { [router] exchange in router.handle(exchange) },
            connectionClosed: peers.connectionClosed,
            refusal: { refusal in
                let problem = Problem(refusal)
                return problem.response(instance: nil, outcome: problem.type.writeOutcome)
            }
        )
    }

    /// Begins to listen. Throws what `HTTPServer.start` throws: the port is taken, the address is not this machine's.
    ///
    /// - Returns: the port, which matters where the configuration says 0.
    package func start() throws -> UInt16 { try server.start() }

    /// From now on the node is not ready and refuses writes; what it has begun is finished within `grace`.
    package func drain(grace: Duration) {
        lifecycle.stop()
        server.drain(grace: grace)
    }

    /// After `drain`. Whoever still waits for an answer gets one that says so.
    package func stop() {
        server.stop()
        client.close()
    }

    /// All handlers of one node, put together.
    static func router(
        configuration: GatewayConfiguration,
        replica: any ReplicaService,
        sender: any RequestSending,
        peers: PeerHandler,
        lifecycle: Lifecycle,
        logger: Logger
    ) -> Router {
        let relay = Relay(
            configuration: configuration,
            replica: replica,
            forwarder: Forwarder(configuration: configuration, node: replica.status.nodeID, sender: sender)
        )
        let routes = Routes.table(
            clients: ClientHandler(
                configuration: configuration,
                replica: replica,
                relay: relay,
                lifecycle: lifecycle,
                logger: logger
            ),
            administration: AdministrationHandler(
                configuration: configuration,
                replica: replica,
                relay: relay,
                lifecycle: lifecycle
            ),
            status: StatusHandler(replica: replica, lifecycle: lifecycle, version: configuration.version),
            health: HealthHandler(replica: replica, lifecycle: lifecycle),
            documents: DocumentHandler(version: configuration.version),
            peers: peers
        )
        let ownNames = [HostPolicy.authority(ofURL: configuration.advertisedURL), configuration.server.host]
        return Router(routes: routes, hosts: HostPolicy(names: ownNames.compactMap { $0 } + configuration.hosts))
    }
}
