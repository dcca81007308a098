package import HTTPTypes

/// One request, completely received.
package struct Request: Sendable {
    /// HEAD is to be answered like GET: the server keeps the body back.
    package let method: HTTPRequest.Method
    /// As sent, with its query.
    package let target: String
    /// Percent-decoded, valid UTF-8, starting with "/"; "*" for `OPTIONS *`.
    package let path: String
    /// Where the target is a whole URL: its host, which then counts instead of `Host` (RFC 9112 §3.2.2).
    package let targetAuthority: String?
    /// Decoded, in the order sent, duplicates kept; "+" is a space.
    package let query: [(name: String, value: String)]
    package let body: [UInt8]
    /// "127.0.0.1:4711" or "[::1]:4711".
    package let remoteAddress: String
    private let headerBlock: HeaderBlock
    private let rawPath: String

    init(
        method: HTTPRequest.Method,
        target: RequestTarget,
        headers: HeaderBlock,
        body: [UInt8],
        remoteAddress: String
    ) {
        self.method = method
        self.target = target.raw
        path = target.path
        targetAuthority = target.authority
        query = target.query
        rawPath = target.rawPath
        headerBlock = headers
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// A request made by hand: for tests, and for requests that did not come over a socket.
    package init(
        method: HTTPRequest.Method,
        target: String,
        path: String,
        query: [(name: String, value: String)] = [],
        headers: HTTPFields = [:],
        body: [UInt8] = [],
        remoteAddress: String = ""
    ) {
        self.method = method
        self.target = target
        self.path = path
        targetAuthority = nil
        self.query = query
        rawPath = String(target.prefix { $0 != "?" })
        headerBlock = HeaderBlock(headers)
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// All headers in the order received. Built from the received bytes at the first use.
    package var headers: HTTPFields { headerBlock.fields }

    /// The first header of this name, without building ``headers``.
    package func header(_ name: HTTPField.Name) -> String? { headerBlock.first(name) }

    /// The path's parts between slashes, each decoded by itself, so that an encoded slash stays within its part.
    package var segments: [String] {
        rawPath.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true).map { part in
            // The whole path was decoded and checked before; its parts split at "/", never inside an escape.
            PercentDecoding.decode(part, plusIsSpace: false) ?? ""
        }
    }
}
