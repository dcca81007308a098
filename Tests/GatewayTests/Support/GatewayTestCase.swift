import GatewayTestSupport
import HTTPClient
import HTTPTypes
import Logging
import OpenAPITestSupport
import Raft
import XCTest

@testable import Cluster
@testable import Gateway
@testable import HTTPServer

/// Asks the HTTP face of a node whose replica is a fake: directly, or, in subclasses that say so, over a socket.
class GatewayTestCase: XCTestCase {
    let replica = FakeReplica()
    let sender = FakeSender()
    var configuration = GatewayConfiguration(
        server: HTTPServerConfiguration(),
        advertisedURL: "http://node.example:12345",
        version: "1.2.3"
    )
    private(set) lazy var lifecycle = Lifecycle()
    private(set) lazy var router = Gateway.router(
        configuration: configuration,
        replica: replica,
        sender: sender,
        peers: PeerHandler(replica: replica, limit: configuration.peerTimeout),
        lifecycle: lifecycle,
        logger: Logger(label: "test")
    )

    /// Whether requests go over a socket of this machine to a running server.
    class var isLive: Bool { false }
    private var isLive: Bool { Self.isLive }
    /// Whether answers may be those of a primary that a test has made up.
    class var passesOn: Bool { false }
    private var live: (gateway: Gateway, client: HTTPClient, url: String)?

    override func tearDown() async throws {
        live?.client.close()
        live?.gateway.drain(grace: .seconds(2))
        live?.gateway.stop()
        live = nil
    }

    private func askLive(
        _ method: HTTPRequest.Method,
        _ target: String,
        _ headers: HTTPFields,
        bytes: [UInt8]
    ) async throws -> Reply {
        if live == nil {
            let gateway = Gateway(configuration: configuration, service: replica, logger: Logger(label: "test"))
            live = (gateway, HTTPClient(name: "test"), "http://127.0.0.1:\(try gateway.start())")
        }
        let (_, client, url) = try XCTUnwrap(live)
        let response = try await client.send(
            HTTPClientRequest(method: method, url: url + target, headers: headers, body: bytes, timeout: .seconds(10))
        )
        return Reply(status: response.status.code, headers: response.headers, body: response.body)
    }

    static let json: HTTPFields = [.contentType: "application/json"]
    static let draft = #"{"sender":"alice","recipient":"bob","content":"hello"}"#

    /// The answer to one request; fails where there is none yet.
    func ask(
        _ method: HTTPRequest.Method,
        _ target: String,
        _ headers: HTTPFields = [:],
        _ body: String = ""
    ) async throws -> Reply {
        try await ask(method, target, headers, bytes: Array(body.utf8))
    }

    func ask(
        _ method: HTTPRequest.Method,
        _ target: String,
        _ headers: HTTPFields = [:],
        bytes: [UInt8]
    ) async throws -> Reply {
        let reply =
            isLive
            ? try await askLive(method, target, headers, bytes: bytes)
            : try askDirectly(method, target, headers, bytes: bytes)
        if Self.passesOn { return reply }
        XCTAssertEqual(
            try Self.check.get().mistakes(
                of: method.rawValue,
                target,
                status: reply.status,
                headers: reply.headers,
                body: reply.body
            ),
            []
        )
        return reply
    }

    private func askDirectly(
        _ method: HTTPRequest.Method,
        _ target: String,
        _ headers: HTTPFields,
        bytes: [UInt8]
    ) throws -> Reply {
        let exchange = try exchange(method, target, headers, bytes: bytes)
        let response = try XCTUnwrap(exchange.response, "\(method) \(target) was not answered")
        let hasBody = method != .head && response.mayHaveBody
        return Reply(status: response.status.code, headers: response.headers, body: hasBody ? response.body : [])
    }

    /// No answer is unlike openapi.yaml.
    nonisolated(unsafe) private static let check = Result { try AnswerCheck() }

    /// `POST /messages` with a good message.
    func send(_ query: String = "", _ headers: HTTPFields = [:]) async throws -> Reply {
        try await ask(.post, "/messages\(query)", Self.json + headers, Self.draft)
    }

    /// Starts a request without waiting for its answer.
    func exchange(
        _ method: HTTPRequest.Method,
        _ target: String,
        _ headers: HTTPFields = [:],
        bytes: [UInt8] = []
    ) throws -> FakeExchange {
        let exchange = FakeExchange(try .reading(method, target, headers: headers, body: bytes))
        router.handle(exchange)
        return exchange
    }

    /// Checks a problem's form and what it is.
    func assertProblem(
        _ reply: Reply,
        _ status: Int,
        _ name: String,
        outcome: String? = nil,
        file: StaticString = #filePath,
        line: UInt = #line
    ) throws {
        XCTAssertEqual(reply.status, status, reply.text, file: file, line: line)
        XCTAssertEqual(reply.header("Content-Type"), "application/problem+json", file: file, line: line)
        let body = try reply.object()
        XCTAssertEqual(body["type"] as? String, "/problems/\(name)", file: file, line: line)
        XCTAssertEqual(body["status"] as? Int, status, file: file, line: line)
        XCTAssertEqual(body["outcome"] as? String, outcome, file: file, line: line)
        XCTAssertFalse(try XCTUnwrap(body["title"] as? String).isEmpty, file: file, line: line)
        XCTAssertFalse(try XCTUnwrap(body["detail"] as? String).isEmpty, file: file, line: line)
        XCTAssertEqual(reply.header("Retry-After"), status == 503 ? "1" : nil, file: file, line: line)
    }
}

func + (left: HTTPFields, right: HTTPFields) -> HTTPFields {
    var fields = left
    for field in right { fields.append(field) }
    return fields
}

extension Primary {
    static let b = Primary(id: "b", url: "http://127.0.0.1:12346")
    static let c = Primary(id: "c", url: "http://127.0.0.1:12347")
}
