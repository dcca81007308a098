import Gateway
package import HTTPTypes
import Synchronization

@testable package import HTTPServer

/// An exchange without a connection: keeps the first answer.
package final class FakeExchange: Answering {
    private struct State {
        var response: Response?
        var limit: Duration?
        var otherwise: (@Sendable () -> Response)?
        var tag: String?
    }

    package let request: Request
    private let state = Mutex(State())

    package init(_ request: Request) { self.request = request }

    /// What was answered.
    package var response: Response? { state.withLock { $0.response } }
    /// How long it is parked.
    package var limit: Duration? { state.withLock { $0.limit } }
    package var tag: String? { state.withLock { $0.tag } }

    package func respond(_ response: Response) {
        state.withLock { state in
            if state.response == nil { state.response = response }
        }
    }

    package func respond(with render: @escaping @Sendable () -> Response) { respond(render()) }

    package func park(until limit: Duration, otherwise: @escaping @Sendable () -> Response) {
        state.withLock { ($0.limit, $0.otherwise) = (limit, otherwise) }
    }

    package func tagConnection(_ tag: String) { state.withLock { $0.tag = tag } }

    /// As if the time it is parked for were over.
    package func expire() {
        if let otherwise = state.withLock({ $0.otherwise }) { respond(with: otherwise) }
    }
}

extension Request {
    /// A request as the server would have read it from a connection.
    package static func reading(
        _ method: HTTPRequest.Method,
        _ target: String,
        headers: HTTPFields,
        body: [UInt8]
    ) throws -> Request {
        var packed: [UInt8] = []
        for field in headers {
            let (name, value) = (Array(field.name.rawName.utf8), Array(field.value.utf8))
            for length in [name.count, value.count] {
                packed += [UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8)]
            }
            packed += name + value
        }
        return Request(
            method: method,
            target: try RequestTarget(Array(target.utf8)),
            headers: HeaderBlock(packed: packed),
            body: body,
            remoteAddress: "127.0.0.1:4711"
        )
    }
}
