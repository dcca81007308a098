package import HTTPTypes

/// One HTTP request, with everything that bounds it.
package struct HTTPClientRequest: Sendable {
    package var method: HTTPRequest.Method
    /// Absolute, `http` or `https`, without user name. Goes out as it is given: nothing in it is escaped or shortened.
    package var url: String
    /// Sent as they are, except those that frame a message: `Content-Length`, `Transfer-Encoding` and `Expect` are the
    /// client's own business and left out.
    package var headers: HTTPFields
    package var body: [UInt8]
    /// The most time from `send` to the end of the response, with waiting for a free connection.
    package var timeout: Duration
    /// The most time for resolving the name, connecting and the TLS handshake.
    package var connectTimeout: Duration
    /// The most time without a byte moving either way; nil: only `timeout` counts. A server that thinks before it
    /// answers moves no byte.
    package var stallTimeout: Duration?
    /// The most bytes of a response's body.
    package var responseBytesMax: Int
    /// How many redirects are followed. 0: a redirect is a response like any other.
    package var redirectsMax: Int
    /// Whether the server may get this request twice. When a kept-alive connection ends before a byte of the answer
    /// came, a repeatable request is sent once more, on another connection; any other one fails with
    /// `.connectionLost`. By default, the safe methods are repeatable (RFC 9110 §9.2.1).
    package var isRepeatable: Bool

    package init(
        method: HTTPRequest.Method = .get,
        url: String,
        headers: HTTPFields = [:],
        body: [UInt8] = [],
        timeout: Duration = .seconds(30),
        connectTimeout: Duration = .seconds(5),
        stallTimeout: Duration? = nil,
        responseBytesMax: Int = 16 << 20,
        redirectsMax: Int = 0,
        isRepeatable: Bool? = nil
    ) {
        precondition(responseBytesMax >= 0 && redirectsMax >= 0, "limits of a request must not be negative")
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.stallTimeout = stallTimeout
        self.responseBytesMax = responseBytesMax
        self.redirectsMax = redirectsMax
        self.isRepeatable = isRepeatable ?? [.get, .head, .options].contains(method)
    }

    /// Scheme, host and port of `url`: what requests must share to share a connection. Nil if `url` is not absolute.
    var origin: Substring? {
        let bytes = url.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
            return nil
        }
        let authority = bytes.index(colon, offsetBy: 3)
        let delimiters = "/?#".utf8
        let end = bytes[authority...].firstIndex(where: delimiters.contains) ?? bytes.endIndex
        return authority < end ? url[..<end] : nil
    }
}
