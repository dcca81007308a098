import Synchronization
import Threads

/// The HTTP client of the product: peers, forwarding, the command line and the Swift library use it.
///
/// One thread a client moves all its requests. Connections are kept alive and used again, HTTP/1.1 only, never through
/// a proxy, whatever the environment says.
///
/// ```swift
/// let client = HTTPClient(name: "example")
/// let response = try await client.send(HTTPClientRequest(url: "http://127.0.0.1:12345/status"))
/// client.close()
/// ```
package final class HTTPClient: Sendable {
    package typealias Completion = @Sendable (Result<HTTPClientResponse, HTTPClientError>) -> Void

    /// Nil if the process had no descriptor left.
    private let inbox: Inbox?
    private let thread: WorkerThread
    private let lastID = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - name: Names the thread `http-<name>`, cut to the 15 bytes Linux keeps.
    ///   - connectionsPerHostMax: The most connections to one scheme, host and port; further requests wait in order.
    ///   - pendingMax: The most unfinished requests; a further one fails at once with `.overloaded`.
    ///   - tls: For `https`.
    package init(
        name: String,
        connectionsPerHostMax: Int = 64,
        pendingMax: Int = 4096,
        tls: HTTPClientTLS? = nil
    ) {
        thread = WorkerThread(name: "http-\(name)")
        inbox = CurlWake().map { Inbox(unsettledMax: pendingMax, wake: $0) }
        guard let inbox else { return }
        thread.start {
            let engine = CurlEngine(wake: inbox.wake, idleConnectionsMax: 4 * connectionsPerHostMax, tls: tls)
            guard let engine else { return inbox.closeAndFailAll() }
            var loop = ClientLoop(inbox: inbox, engine: engine, connectionsPerHostMax: connectionsPerHostMax)
            loop.run()
        }
    }

    /// Sends a request. Any thread.
    ///
    /// - Parameter completion: Called exactly once, on the client's thread, which does nothing else meanwhile: it must
    ///   not block. A request that is refused at once (`.overloaded`, `.closed`) completes on the calling thread,
    ///   before this returns.
    package func send(_ request: HTTPClientRequest, completion: @escaping Completion) {
        _ = begin(request, completion: completion)
    }

    /// Sends a request like `send`, and returns what it can be given up with.
    package func begin(_ request: HTTPClientRequest, completion: @escaping Completion) -> HTTPClientCall {
        let id = lastID.wrappingAdd(1, ordering: .relaxed).newValue
        let job = Job(id: id, request: request, deadline: .now + request.timeout, completion: completion)
        switch inbox.map({ $0.start(job) }) ?? .closed {
        case nil: break
        case .closed:
            completion(.failure(HTTPClientError(.closed, "the client is closed", mayHaveBeenReceived: false)))
        case .overloaded:
            let message = "too many requests are unfinished; send again when some are done"
            completion(.failure(HTTPClientError(.overloaded, message, mayHaveBeenReceived: false)))
        }
        return HTTPClientCall(id: id, inbox: inbox)
    }

    /// Sends a request. A cancelled task gives its request up and throws `.cancelled`.
    package func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        let call = CallInTask()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                call.begin(begin(request) { continuation.resume(returning: $0) })
            }
        } onCancel: {
            call.cancel()
        }
        return try result.get()
    }

    /// Fails everything unfinished with `.closed`, closes all connections, and waits until the client's thread has
    /// ended;
    /// called in a completion, it does not wait.
    package func close() {
        inbox?.close()
        if !thread.isCurrent { thread.join() }
    }

    deinit {
        inbox?.close()
    }
}
