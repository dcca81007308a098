/// How an ``HTTPServer`` listens and what it allows. Every limit has a default.
package struct HTTPServerConfiguration: Sendable {
    /// An IPv4 or IPv6 literal, or `localhost` (127.0.0.1). `::` serves IPv4 as well.
    package var host: String
    /// 0 takes any free port; ``HTTPServer/start()`` returns it.
    package var port: UInt16
    /// Threads that serve ordinary requests.
    package var writesLoops = 2
    /// Open connections; one more is answered ``Refusal/tooManyConnections`` and closed.
    package var connectionsMax = 12_000
    /// Beyond `connectionsMax`, for connections whose first request is a peer's.
    package var connectionsReservedForPeers = 64
    /// Names and values of a request's headers together. At most 16 KiB: beyond it the library runs out of room by
    /// itself.
    package var headerBytesMax = 16 * 1024
    /// A request's header fields.
    package var headersMax = 100
    /// The request target as sent, with its query.
    package var urlBytesMax = 8 * 1024
    /// One request's body.
    package var bodyBytesMax = 8 * 1024 * 1024
    /// One request's body on the peers loop.
    package var peerBodyBytesMax = 64 * 1024 * 1024
    /// All bodies being received at once, on all loops; a request beyond it is answered ``Refusal/overloaded``.
    package var bodyBytesInFlightMax = 512 * 1024 * 1024
    /// From the request line to the body's last byte; also from accepting a connection to its first request.
    package var receiveTimeout: Duration = .seconds(30)
    /// The same for requests that are not all there when the server begins to drain.
    package var drainReceiveTimeout: Duration = .seconds(2)
    /// A client's kept connection without a request, once the server drains: a request that is on its way then is
    /// answered, where an end of the connection would leave its sender without a word. Peers send theirs again.
    package var drainIdleTimeout: Duration = .milliseconds(200)
    /// A kept connection without a request.
    package var idleTimeout: Duration = .seconds(75)
    /// A client takes its reply at least this fast, on average, after a grace of `receiveTimeout`.
    package var replyBytesPerSecondMin = 16 * 1024
    /// From the handler's call to its answer, where the handler says nothing else by
    /// ``Exchange/park(until:otherwise:)``.
    package var answerTimeout: Duration = .seconds(60)
    /// How long a request is parked before its connection is watched for the peer's hang-up.
    package var hangUpWatchDelay: Duration = .seconds(1)
    /// The `Server` header of every reply; empty sends none.
    package var serverName: String
    /// A connection whose first request has one of these paths is served by the peers loop.
    package var peerPaths: [String]
    /// Whether a connection's first request, by its raw target and `Accept` header, belongs on the streams loop.
    package var isStream: @Sendable (_ target: String, _ accept: String) -> Bool

    var allConnectionsMax: Int { connectionsMax + connectionsReservedForPeers }

    /// A configuration with the default limits.
    package init(
        host: String = "127.0.0.1",
        port: UInt16 = 0,
        serverName: String = "",
        peerPaths: [String] = [],
        isStream: @escaping @Sendable (_ target: String, _ accept: String) -> Bool = { _, _ in false }
    ) {
        self.host = host
        self.port = port
        self.serverName = serverName
        self.peerPaths = peerPaths
        self.isStream = isStream
    }
}
