package import HTTPTypes

/// A reply. `Date`, `Content-Length`, `Connection` and `Transfer-Encoding` are the server's business; in `headers` they
/// are ignored.
package struct Response: Sendable {
    package var status: HTTPResponse.Status
    package var headers: HTTPFields
    /// Not sent for HEAD, 204 and 304.
    package var body: [UInt8]
    /// Ends the connection after this reply.
    package var closesConnection: Bool

    package init(
        status: HTTPResponse.Status,
        headers: HTTPFields = [:],
        body: [UInt8] = [],
        closesConnection: Bool = false
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.closesConnection = closesConnection
    }

    /// RFC 9110 §6.4.1: 204 and 304 end with their headers.
    var mayHaveBody: Bool { status.code != 204 && status.code != 304 }

    /// Headers that frame the message or the connection: set by the server alone.
    static let framing: Set<HTTPField.Name> = [.connection, .contentLength, .date, .transferEncoding]
}

extension Response {
    /// The whole reply as bytes, for a connection that is closed after it without the library having seen a request.
    func lastWords(serverName: String) -> [UInt8] {
        var head = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\nDate: \(HTTPDate.now)\r\n"
        for field in headers where !Response.framing.contains(field.name) {
            head += "\(field.name.rawName): \(field.value)\r\n"
        }
        if !serverName.isEmpty { head += "Server: \(serverName)\r\n" }
        head += "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        return Array(head.utf8) + body
    }
}
