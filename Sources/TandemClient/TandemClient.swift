import HTTPClient
import HTTPTypes
@_exported public import Messaging
import Synchronization

/// Sends and receives messages through a Tandem cluster.
///
/// Give it the URLs of some or all nodes; any of them takes any call. While a cluster changes its primary, calls wait
/// and try again by themselves, but never in a way that could store a message twice.
///
/// ```swift
/// let client = TandemClient(urls: ["http://127.0.0.1:12345", "http://127.0.0.1:12346"])
/// let sent = try await client.send(from: "alice", to: "bob", content: "hello")
/// print(sent.id, sent.timestamp)
///
/// for try await message in client.follow(recipient: "bob") {
///     print("\(message.sender): \(message.content)")
/// }
/// client.close()
/// ```
///
/// A client may be used from any number of tasks at once; make one and keep it, so that connections are used again.
public final class TandemClient: Sendable {
    let configuration: Configuration
    private let http: HTTPClient
    private let nodes: Nodes

    /// Makes a client. Nothing is sent before the first call.
    ///
    /// - Parameters:
    ///   - urls: Where nodes of one cluster listen, such as `http://127.0.0.1:12345`; at least one. They are tried in
    ///     this order until one answers, which is then kept.
    ///   - configuration: Limits, and what to show for access.
    public init(urls: [String], configuration: Configuration = Configuration()) {
        precondition(!urls.isEmpty, "a TandemClient needs the URL of at least one node")
        self.configuration = configuration
        nodes = Nodes(urls)
        http = HTTPClient(name: "tandem", tls: configuration.tls)
    }

    /// Ends everything under way with `TandemError.Code.closed` and closes all connections. Later calls fail.
    public func close() {
        http.close()
    }

    /// Carries a call through the cluster until it is answered, refused for good, or out of time.
    func perform(_ call: Call) async throws(TandemError) -> HTTPClientResponse {
        let deadline = ContinuousClock.now + configuration.timeout
        var plan = CallPlan(call, nodes: nodes.inOrder)
        var url = plan.firstURL
        while true {
            switch plan.step(after: await attempt(call, at: url, before: deadline), from: url) {
            case .deliver(let response):
                nodes.prefer(Nodes.base(of: url))
                return response
            case .fail(let error):
                throw error
            case .attempt(let next, let delay, let reason):
                try await wait(delay, before: deadline, else: reason)
                url = next
            }
        }
    }

    /// Makes one attempt at one node.
    func performOnce(_ call: Call, at node: String) async throws(TandemError) -> HTTPClientResponse {
        let url = Nodes.withoutTrailingSlash(node) + call.target
        switch await attempt(call, at: url, before: .now + configuration.timeout) {
        case .success(let response) where response.status.kind == .successful: return response
        case .success(let response): throw TandemError(response, to: call, from: url)
        case .failure(let error): throw TandemError(error, of: call)
        }
    }

    private func attempt(
        _ call: Call,
        at url: String,
        before deadline: ContinuousClock.Instant
    ) async -> Result<HTTPClientResponse, HTTPClientError> {
        let left = max(.zero, ContinuousClock.now.duration(to: deadline))
        let request = HTTPClientRequest(
            method: call.method,
            url: url,
            headers: call.headers(token: configuration.token),
            body: call.body,
            timeout: min(left, configuration.attemptTimeout),
            connectTimeout: min(left, configuration.connectTimeout),
            responseBytesMax: configuration.responseBytesMax,
            isRepeatable: !call.isWrite
        )
        do throws(HTTPClientError) {
            return .success(try await http.send(request))
        } catch {
            return .failure(error)
        }
    }

    /// Waits a little longer than asked, by chance: clients that failed together do not come back together.
    private func wait(
        _ delay: Duration,
        before deadline: ContinuousClock.Instant,
        else reason: TandemError
    ) async throws(TandemError) {
        guard ContinuousClock.now + delay < deadline else { throw reason }
        guard delay > .zero else { return }
        do {
            try await Task.sleep(for: delay * Double.random(in: 1...1.25))
        } catch {
            throw TandemError(.cancelled, "the task was cancelled while it waited: \(reason.message)")
        }
    }
}
