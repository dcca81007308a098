package import HTTPServer

/// How the HTTP face of one node behaves.
package struct GatewayConfiguration: Sendable {
    /// What a node does with a request that only the primary can answer.
    package enum NotPrimaryMode: String, CaseIterable, Sendable {
        /// Passes it to the primary and the answer back.
        case forward
        /// 307 to the primary.
        case redirect
        /// 421 naming the primary.
        case reject
    }

    /// Where to listen, and how much to read. The gateway itself sets the limit on bodies, the server's
    /// name and the paths of peers.
    package var server: HTTPServerConfiguration
    /// Where clients reach this node, for example `http://10.0.0.1:12345`.
    package var advertisedURL: String
    /// Names, beside loopback and those above, under which clients reach this node.
    package var hosts: [String]
    /// Of this program.
    package var version: String
    package var notPrimaryMode: NotPrimaryMode
    /// How long a request waits for a primary, or for `min_id`.
    package var hold: Duration
    /// How long a request takes at most; then 504.
    package var requestTimeout: Duration
    /// The fewest copies of a message; a client can ask for more.
    package var copiesMin: Int
    /// The most bytes in `content`.
    package var contentBytesMax: Int
    /// Messages in a list, where the client says nothing and at most.
    package var listLimit: Int
    package var listLimitMax: Int
    /// Requests on their way to the primary; more are refused as overload.
    package var forwardsMax: Int
    /// Connections to the primary for them.
    package var forwardConnectionsMax: Int
    package var forwardConnectTimeout: Duration
    /// The most bytes of an answer that is passed on.
    package var forwardedBytesMax: Int
    /// After a primary was found gone, how long to wait for another before looking again.
    package var forwardRetryInterval: Duration
    /// How long a peer's request takes at most.
    package var peerTimeout: Duration

    package init(
        server: HTTPServerConfiguration,
        advertisedURL: String,
        hosts: [String] = [],
        version: String,
        notPrimaryMode: NotPrimaryMode = .forward,
        hold: Duration = .seconds(2),
        requestTimeout: Duration = .seconds(5),
        copiesMin: Int = 1,
        contentBytesMax: Int = 1 << 20,
        listLimit: Int = 100,
        listLimitMax: Int = 1000,
        forwardsMax: Int = 4096,
        forwardConnectionsMax: Int = 256,
        forwardConnectTimeout: Duration = .seconds(1),
        forwardedBytesMax: Int = 64 << 20,
        forwardRetryInterval: Duration = .milliseconds(100),
        peerTimeout: Duration = .seconds(30)
    ) {
        precondition(copiesMin >= 1, "a message has at least one copy, not \(copiesMin)")
        precondition(1...listLimitMax ~= listLimit, "a list has 1 to \(listLimitMax) messages, not \(listLimit)")
        precondition(hold <= requestTimeout, "a request held for \(hold) can't be answered within \(requestTimeout)")
        self.server = server
        self.advertisedURL = advertisedURL
        self.hosts = hosts
        self.version = version
        self.notPrimaryMode = notPrimaryMode
        self.hold = hold
        self.requestTimeout = requestTimeout
        self.copiesMin = copiesMin
        self.contentBytesMax = contentBytesMax
        self.listLimit = listLimit
        self.listLimitMax = listLimitMax
        self.forwardsMax = forwardsMax
        self.forwardConnectionsMax = forwardConnectionsMax
        self.forwardConnectTimeout = forwardConnectTimeout
        self.forwardedBytesMax = forwardedBytesMax
        self.forwardRetryInterval = forwardRetryInterval
        self.peerTimeout = peerTimeout
    }

    /// Room for the greatest message with each byte of its content written as `\u00XX`, and for the other fields.
    var bodyBytesMax: Int { 6 * contentBytesMax + (16 << 10) }
}

extension GatewayConfiguration {
    /// The most bytes of a page: a reader's 8 MiB of content and one message more, each byte up to six in JSON.
    var pageBytesMax: Int { 6 * (contentBytesMax + (8 << 20)) + (1 << 20) }
}
