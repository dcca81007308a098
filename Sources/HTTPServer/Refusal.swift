/// A request the server turns away by itself. The owner renders it as a ``Response``.
package enum Refusal: Error, Equatable {
    /// Malformed; the text says what. Closes the connection.
    case badRequest(String)
    case headersTooLarge
    case urlTooLong
    case bodyTooLarge(limit: Int)
    /// A `Transfer-Encoding` other than `chunked`.
    case unsupportedTransferEncoding
    /// A version of HTTP other than 1.x.
    case unsupportedVersion
    /// A POST, PUT or PATCH with neither `Content-Length` nor `Transfer-Encoding`.
    case lengthRequired
    /// The client was too slow to send its request.
    case requestTimeout
    /// The handler gave no answer in time. Whether the request had an effect is unknown.
    case answerTimeout
    case tooManyConnections
    /// The bodies being received already fill the memory set aside for them.
    case overloaded
    /// The server is about to stop.
    case draining

    /// A word for metrics: one of few.
    package var name: String {
        switch self {
        case .badRequest: "bad_request"
        case .headersTooLarge: "headers_too_large"
        case .urlTooLong: "url_too_long"
        case .bodyTooLarge: "body_too_large"
        case .unsupportedTransferEncoding: "unsupported_transfer_encoding"
        case .unsupportedVersion: "unsupported_version"
        case .lengthRequired: "length_required"
        case .requestTimeout: "request_timeout"
        case .answerTimeout: "answer_timeout"
        case .tooManyConnections: "too_many_connections"
        case .overloaded: "overloaded"
        case .draining: "draining"
        }
    }
}
