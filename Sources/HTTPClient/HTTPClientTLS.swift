/// What a client uses for `https`. PEM files, read again for every new connection.
package struct HTTPClientTLS: Hashable, Sendable {
    /// The authorities a server's certificate may come from; nil: those of the system.
    package var authoritiesFile: String?
    /// The certificate this client shows, with the chain up to its authority.
    package var certificateFile: String?
    /// The private key of that certificate.
    package var keyFile: String?

    package init(authoritiesFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
        self.authoritiesFile = authoritiesFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
