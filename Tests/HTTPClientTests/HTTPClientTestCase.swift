import HTTPClient
import HTTPTypes
import SocketTestSupport
import Synchronization
import XCTest

/// Gives each test a client and servers, and takes them away again.
class HTTPClientTestCase: XCTestCase {
    private(set) var client = HTTPClient(name: "test")
    private var servers: [TestServer] = []

    override func tearDown() {
        client.close()
        for server in servers { server.stop() }
        servers = []
    }

    func useClient(_ other: HTTPClient) {
        client.close()
        client = other
    }

    func serve(isIPv6: Bool = false, _ script: @escaping @Sendable (TestConnection) -> Void) throws -> TestServer {
        let server = try TestServer(isIPv6: isIPv6, script: script)
        servers.append(server)
        return server
    }

    /// Sends and waits for the result.
    func send(
        _ request: HTTPClientRequest,
        file: StaticString = #filePath,
        line: UInt = #line
    ) throws -> Result<HTTPClientResponse, HTTPClientError> {
        let outcome = Outcome()
        client.send(request) { outcome.set($0) }
        return try XCTUnwrap(outcome.wait(), "no completion in time", file: file, line: line)
    }

    /// Sends, waits, and expects a failure.
    func failure(
        of request: HTTPClientRequest,
        file: StaticString = #filePath,
        line: UInt = #line
    ) throws -> HTTPClientError {
        switch try send(request, file: file, line: line) {
        case .failure(let error): return error
        case .success(let response):
            XCTFail("unexpected response \(response.status)", file: file, line: line)
            throw CancellationError()
        }
    }
}

/// One result, waited for by the thread of a test.
final class Outcome: Sendable {
    private let result = Mutex<Result<HTTPClientResponse, HTTPClientError>?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    func set(_ value: Result<HTTPClientResponse, HTTPClientError>) {
        result.withLock { result in
            precondition(result == nil, "completed twice")
            result = value
        }
        isThere.signal()
    }

    func wait() -> Result<HTTPClientResponse, HTTPClientError>? {
        guard isThere.wait(timeout: .now() + 10) == .success else { return nil }
        return result.withLock { $0 }
    }
}

extension HTTPClientResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension Result where Success == HTTPClientResponse, Failure == HTTPClientError {
    var text: String? { try? get().text }
    var error: HTTPClientError? {
        if case .failure(let error) = self { return error }
        return nil
    }
}
