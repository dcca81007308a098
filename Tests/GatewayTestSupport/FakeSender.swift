import Gateway
package import HTTPClient
import Synchronization

/// Takes what would go to the primary, and answers what a test sets.
package final class FakeSender: RequestSending {
    package init() {}

    private struct State {
        var results: [Result<HTTPClientResponse, HTTPClientError>] = []
        var sent: [HTTPClientRequest] = []
    }

    private let state = Mutex(State())

    /// How the next requests end; one more than set is a mistake of the test.
    package func answer(_ results: Result<HTTPClientResponse, HTTPClientError>...) {
        state.withLock { $0.results += results }
    }

    package var sent: [HTTPClientRequest] { state.withLock { $0.sent } }

    package func start(
        _ request: HTTPClientRequest,
        completion: @escaping @Sendable (Result<HTTPClientResponse, HTTPClientError>) -> Void
    ) {
        completion(
            state.withLock { state in
                state.sent.append(request)
                return state.results.removeFirst()
            }
        )
    }
}

extension Result<HTTPClientResponse, HTTPClientError> {
    package static func failed(_ code: HTTPClientError.Code, mayHaveBeenReceived: Bool) -> Self {
        .failure(HTTPClientError(code, "a test's \(code)", mayHaveBeenReceived: mayHaveBeenReceived))
    }
}
