/// Why a request has no response.
package struct HTTPClientError: Error, Hashable, Sendable {
    package enum Code: Hashable, Sendable {
        /// The machine answered that nobody listens on that port (`ECONNREFUSED`).
        case refused
        /// No connection: the name did not resolve, no route, no answer within `connectTimeout`, a failed handshake.
        case couldNotConnect
        /// `timeout` or `stallTimeout` is over.
        case timedOut
        /// The connection ended, or what came over it was not HTTP, before the response was complete.
        case connectionLost
        /// The response is larger than `responseBytesMax`, or its head larger than 64 KiB.
        case responseTooLarge
        /// Not an absolute `http` or `https` URL.
        case invalidURL
        /// The client was closed.
        case closed
        /// Too many requests of this client are unfinished.
        case overloaded
        /// The caller gave the request up.
        case cancelled
    }

    package var code: Code
    /// One sentence for people.
    package var message: String
    /// False: no byte of the request left this machine, so sending it again cannot do it twice. True: the server may
    /// have acted on it.
    package var mayHaveBeenReceived: Bool

    package init(_ code: Code, _ message: String, mayHaveBeenReceived: Bool) {
        self.code = code
        self.message = message
        self.mayHaveBeenReceived = mayHaveBeenReceived
    }
}

extension HTTPClientError: CustomStringConvertible {
    package var description: String { message }
}
