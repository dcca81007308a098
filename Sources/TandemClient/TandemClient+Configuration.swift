import HTTPClient

extension TandemClient {
    /// Limits of a client, and what it shows for access. The defaults suit a cluster with default settings.
    public struct Configuration: Hashable, Sendable {
        /// The most time for a call with all its attempts.
        public var timeout: Duration = .seconds(15)
        /// The most time for one attempt at one node. Should exceed the nodes' `--request-timeout`.
        public var attemptTimeout: Duration = .seconds(6)
        /// The most time for connecting to a node.
        public var connectTimeout: Duration = .seconds(2)
        /// How often `follow` looks for new messages.
        public var pollInterval: Duration = .milliseconds(200)
        /// Sent with every call as `Authorization: Bearer …`.
        public var token: String?
        /// The most bytes of one answer.
        public var responseBytesMax: Int = 64 << 20
        /// A PEM file with the authorities that nodes' certificates may come from; nil: those of the system.
        public var authoritiesFile: String?
        /// A PEM file with the certificate this client shows, for clusters that ask for one.
        public var certificateFile: String?
        /// A PEM file with the private key of `certificateFile`.
        public var keyFile: String?

        /// The defaults.
        public init() {}

        var tls: HTTPClientTLS? {
            guard authoritiesFile != nil || certificateFile != nil || keyFile != nil else { return nil }
            return HTTPClientTLS(
                authoritiesFile: authoritiesFile,
                certificateFile: certificateFile,
                keyFile: keyFile
            )
        }
    }
}
