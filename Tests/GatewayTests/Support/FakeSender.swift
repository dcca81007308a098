import Gateway
import HTTPClient
import Synchronization

/// Takes what would go to the primary, and answers what a test sets.
final class FakeSender: RequestSending {
    private struct State {
        var results: [Result<HTTPClientResponse, HTTPClientError>] = []
        var sent: [HTTPClientRequest] = []
    }

    private let state = Mutex(State())

    /// How the next requests end; one more than set is a mistake of the test.
    func answer(_ results: Result<HTTPClientResponse, HTTPClientError>...) {
        state.withLock { $0.results += results }
    }

    var sent: [HTTPClientRequest] { state.withLock { $0.sent } }

    func start(
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
    static func failed(_ code: HTTPClientError.Code, mayHaveBeenReceived: Bool) -> Self {
        .failure(HTTPClientError(code, "a test's \(code)", mayHaveBeenReceived: mayHaveBeenReceived))
    }
}
