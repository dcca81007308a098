import Cluster
import Gateway
import Storage

/// Everything one node is started with.
struct ServerConfiguration: Sendable {
    /// The data directory's path.
    var directory: String
    var storage: StorageSettings
    var replica: ReplicaConfiguration
    var gateway: GatewayConfiguration
    /// How long the node finishes what was begun, once it is told to stop.
    var drainGrace = Duration.seconds(10)
}
