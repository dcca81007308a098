package import HTTPTypes

/// A complete answer, whatever its status.
package struct HTTPClientResponse: Sendable {
    package var status: HTTPResponse.Status
    /// Without fields whose name or form HTTP does not allow.
    package var headers: HTTPFields
    package var body: [UInt8]

    package init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
