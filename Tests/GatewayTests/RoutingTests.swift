import GatewayTestSupport
import HTTPServer
import HTTPTypes
import Raft
import XCTest

@testable import Cluster
@testable import Gateway

/// Paths, methods and hosts.
class RoutingTests: GatewayTestCase {
    func testAPathThatIsNotThereIs404() async throws {
        for path in ["/", "/message", "/messages/", "/messages/1/2", "/Status", "/problems", "//messages"] {
            try assertProblem(try await ask(.get, path), 404, "no-such-path")
        }
        let odd = try await ask(.get, "/a%20%C3%A9%0A/b")
        XCTAssertEqual(try odd.object()["instance"] as? String, "/a%20%C3%A9%0A/b")
        try assertProblem(try await ask(.post, "/x", Self.json, "{}"), 404, "no-such-path", outcome: "not-accepted")
    }

    func testAMethodThatAPathDoesNotHaveIs405WithAllow() async throws {
        let cases: [(HTTPRequest.Method, String, String)] = [
            (.put, "/messages", "POST, GET, HEAD, OPTIONS"), (.delete, "/messages/1", "GET, HEAD, OPTIONS"),
            (.post, "/status", "GET, HEAD, OPTIONS"), (.get, "/replicate", "POST, OPTIONS"),
            (.patch, "/messages", "POST, GET, HEAD, OPTIONS"),
        ]
        for (method, path, allow) in cases {
            let reply = try await ask(method, path, Self.json, method == .get ? "" : "{}")
            try assertProblem(
                reply,
                405,
                "method-not-allowed",
                outcome: method == .get ? nil : "not-accepted"
            )
            XCTAssertEqual(reply.header("Allow"), allow)
            XCTAssertEqual(
                try reply.object()["allowed"] as? [String],
                allow.components(separatedBy: ", ")
            )
        }
    }

    func testOptionsSaysWhatThereIs() async throws {
        let reply = try await ask(.options, "/messages")
        XCTAssertEqual(reply.status, 204)
        XCTAssertEqual(reply.header("Allow"), "POST, GET, HEAD, OPTIONS")
        XCTAssertEqual(reply.body, [])
        let one = try await ask(.options, "/messages/17")
        XCTAssertEqual(one.header("Allow"), "GET, HEAD, OPTIONS")
    }

    func testHeadIsGetWithoutTheBody() async throws {
        replica.store("hello")
        for path in ["/messages", "/messages/1", "/status", "/livez", "/version", "/openapi.yaml"] {
            let (get, head) = (try await ask(.get, path), try await ask(.head, path))
            XCTAssertEqual(head.status, 200, path)
            XCTAssertEqual(head.header("Content-Type"), get.header("Content-Type"), path)
        }
    }

    func testAnswersForTheHostsItKnows() async throws {
        configuration.hosts = ["tandem.test", "10.1.2.3:80"]
        for host in [
            "localhost", "localhost:12345", "LOCALHOST.", "127.0.0.1:1", "127.8.9.10", "[::1]:12345", "[::1]",
            "node.example", "node.example:99", "Tandem.TEST", "10.1.2.3:12345",
        ] {
            let reply = try await ask(.get, "/status", [.hostField: host])
            XCTAssertEqual(reply.status, 200, host)
        }
    }

    func testAWholeURLNamesTheHost() throws {
        for (authority, status) in [
            ("127.0.0.1:1", 200), ("localhost", 200), ("evil.example", 421), ("localhost@evil.example", 421),
            ("evil@localhost", 421),
        ] {
            for host in ["localhost", "evil.example"] {
                let exchange = try exchange(.get, "http://\(authority)/livez", [.hostField: host])
                XCTAssertEqual(exchange.response?.status.code, status, "\(authority), Host: \(host)")
            }
        }
    }

    func testDoesNotAnswerForOtherHosts() async throws {
        for host in [
            "evil.example", "node.example.evil.test", "127.0.0.1.evil.test", "128.0.0.1", "1270.0.0.1", "[::2]:12345",
            "localhost.evil.test:12345",
        ] {
            for path in ["/status", "/livez", "/messages", "/problems/no-primary", "/nowhere"] {
                try assertProblem(try await ask(.get, path, [.hostField: host]), 421, "unknown-host")
            }
            try assertProblem(
                try await ask(.post, "/messages", Self.json + [.hostField: host], Self.draft),
                421,
                "unknown-host",
                outcome: "not-accepted"
            )
        }
        XCTAssertEqual(replica.read(\.proposals), [])
    }

    func testPeersMayUseAnyHost() async throws {
        let reply = try await ask(.post, "/vote", Self.json + [.hostField: "b.internal:12345"], "{}")
        XCTAssertEqual(reply.status, 200)
    }
}

/// The same over a socket.
final class LiveRoutingTests: RoutingTests {
    override class var isLive: Bool { true }
}

final class PathTemplateTests: XCTestCase {
    func testALiteralMatchesItselfOnly() {
        let template = PathTemplate("/messages")
        XCTAssertTrue(template.isLiteral)
        XCTAssertEqual(template.match("/messages"), [:])
        for path in ["/", "/message", "/messages/", "/messages/1"] { XCTAssertNil(template.match(path), path) }
    }

    func testANameStandsForOneSegment() {
        let template = PathTemplate("/messages/{id}")
        XCTAssertFalse(template.isLiteral)
        XCTAssertEqual(template.match("/messages/17"), ["id": "17"])
        for path in ["/messages/", "/messages", "/messages/1/2", "/other/1"] {
            XCTAssertNil(template.match(path), path)
        }
    }
}

final class ServerOptionsTests: GatewayTestCase {
    func testOptionsForTheWholeServer() throws {
        let exchange = try exchange(.options, "*")
        XCTAssertEqual(exchange.response?.status, .noContent)
        XCTAssertEqual(exchange.response?.headers[.allow], "POST, GET, HEAD, DELETE, OPTIONS")
    }
}
