package import HTTPServer

extension Problem {
    /// What the HTTP server itself refused. No handler has seen the request, so a write in it was not accepted.
    package init(_ refusal: Refusal) {
        switch refusal {
        case .badRequest(let reason):
            self.init(.badRequest, reason)
        case .headersTooLarge:
            self.init(.headersTooLarge, "The header fields are more, or larger, than this server reads.")
        case .urlTooLong:
            self.init(.urlTooLong, "The URL is longer than this server reads.")
        case .bodyTooLarge(let limit):
            self.init(.bodyTooLarge, "The body has more than \(limit) bytes.", Members(limit: limit))
        case .unsupportedTransferEncoding:
            self.init(.unsupportedTransferEncoding, "The only transfer encoding this server reads is chunked.")
        case .unsupportedVersion:
            self.init(.unsupportedVersion, "This server speaks HTTP/1.1.")
        case .lengthRequired:
            self.init(.lengthRequired, "The request has a body of unknown length.")
        case .requestTimeout:
            self.init(.requestTimeout, "The request did not arrive in time.")
        case .answerTimeout:
            self.init(.timedOut, "The request was not finished in time.")
        case .overloaded:
            self.init(.overloaded, "Too many bodies are being received.")
        case .tooManyConnections:
            self.init(.tooManyConnections, "The node has as many connections as it serves.")
        case .draining:
            self.init(.stopping, "The node is shutting down.")
        }
    }
}
