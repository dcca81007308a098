import Cluster
package import HTTPClient
import HTTPServer
import HTTPTypes
import Raft

/// Sends HTTP requests: `HTTPClient`, or a stand-in.
package protocol RequestSending: Sendable {
    func start(
        _ request: HTTPClientRequest,
        completion: @escaping @Sendable (Result<HTTPClientResponse, HTTPClientError>) -> Void
    )
}

extension HTTPClient: RequestSending {
    package func start(
        _ request: HTTPClientRequest,
        completion: @escaping @Sendable (Result<HTTPClientResponse, HTTPClientError>) -> Void
    ) {
        send(request, completion: completion)
    }
}

/// Carries a client's request to the primary, and the answer back.
struct Forwarder: Sendable {
    let configuration: GatewayConfiguration
    /// This node.
    let node: NodeID
    let sender: any RequestSending

    /// - Parameter limit: for the whole way.
    func send(
        _ request: Request,
        to primary: Primary,
        within limit: Duration,
        completion: @escaping @Sendable (Result<Response, HTTPClientError>) -> Void
    ) {
        let outgoing = HTTPClientRequest(
            method: request.method == .head ? .get : request.method,
            url: primary.url + request.originForm,
            headers: headers(of: request),
            body: request.body,
            timeout: limit,
            connectTimeout: min(limit, configuration.forwardConnectTimeout),
            responseBytesMax: max(configuration.forwardedBytesMax, configuration.pageBytesMax)
        )
        sender.start(outgoing) { result in
            completion(result.map { Self.response(from: $0, of: primary) })
        }
    }

    /// What the primary needs to know of a client's request.
    private static let passedRequestHeaders: [HTTPField.Name] = [
        .accept, .authorization, .contentType, .ifMatch, .ifNoneMatch, .prefer, .traceparent, .tracestate, .userAgent,
    ]

    /// What concerns one connection only (RFC 9110 §7.6.1), and what this node's server writes itself.
    private static let ownResponseHeaders: Set<HTTPField.Name> = Set(
        [.connection, .contentLength, .date, .server, .te, .trailer, .transferEncoding, .upgrade]
            + ["Keep-Alive", "Proxy-Connection"].compactMap { HTTPField.Name($0) }
    )

    private func headers(of request: Request) -> HTTPFields {
        var headers: HTTPFields = [.forwardedBy: node.rawValue]
        for name in Self.passedRequestHeaders {
            if let value = request.header(name) { headers[name] = value }
        }
        return headers
    }

    private static func response(from answer: HTTPClientResponse, of primary: Primary) -> Response {
        var headers: HTTPFields = [:]
        for field in answer.headers where !ownResponseHeaders.contains(field.name) { headers.append(field) }
        headers[.primary] = primary.url
        return Response(status: answer.status, headers: headers, body: answer.body)
    }
}
