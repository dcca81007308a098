import Dispatch
import HTTPClient
import Synchronization

extension HTTPClient {
    /// Sends a request and waits for its outcome: only on threads that have nothing else to do.
    func exchange(_ request: HTTPClientRequest) -> Result<HTTPClientResponse, HTTPClientError> {
        let answered = DispatchSemaphore(value: 0)
        let outcome = Outcome()
        send(request) { result in
            outcome.value.withLock { $0 = result }
            answered.signal()
        }
        answered.wait()
        return outcome.value.withLock { $0 }
            ?? .failure(HTTPClientError(.closed, "no outcome was reported", mayHaveBeenReceived: true))
    }

    private final class Outcome: Sendable {
        let value = Mutex<Result<HTTPClientResponse, HTTPClientError>?>(nil)
    }
}
