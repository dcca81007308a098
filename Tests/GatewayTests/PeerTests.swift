import GatewayTestSupport
import HTTPServer
import HTTPTypes
import Raft
import XCTest

@testable import Cluster
@testable import Gateway

/// The calls that only peers make.
class PeerTests: GatewayTestCase {
    func testAnswersWhatTheReplicaAnswers() async throws {
        for path in PeerPath.all {
            replica.update { $0.peerResponse = .answer(Array(#"{"term":7}"#.utf8), sender: "b") }
            let reply = try await ask(.post, path, Self.json, "{}")
            XCTAssertEqual(reply.status, 200)
            XCTAssertEqual(reply.header("Content-Type"), "application/json")
            XCTAssertEqual(reply.header("Content-Digest"), ContentDigest.fieldValue(of: Array(reply.text.utf8)))
            XCTAssertEqual(reply.text, #"{"term":7}"#)
        }
        XCTAssertEqual(replica.read(\.peerRequests), PeerPath.all)
    }

    func testRefusalsAreProblems() async throws {
        let cases: [(PeerResponse, Int, String)] = [
            (.malformed("no body"), 400, "bad-request"), (.foreign("another cluster"), 409, "foreign-peer"),
            (.unavailable("starting"), 503, "peer-not-ready"),
        ]
        for (response, status, name) in cases {
            replica.update { $0.peerResponse = response }
            try assertProblem(
                try await ask(.post, "/vote", Self.json, "{}"),
                status,
                name,
                outcome: "not-accepted"
            )
        }
    }

    func testWantsJSON() async throws {
        try assertProblem(
            try await ask(.post, "/replicate", [.contentType: "text/plain"], "{}"),
            415,
            "unsupported-media-type",
            outcome: "not-accepted"
        )
        XCTAssertEqual(replica.read(\.peerRequests), [])
    }
}

/// The same over a socket.
final class LivePeerTests: PeerTests {
    override class var isLive: Bool { true }

    func testTheEndOfAPeersConnectionIsReported() async throws {
        _ = try await ask(.post, "/replicate", Self.json, "{}")
        // Closes the client, and waits until the server has seen that.
        try await tearDown()
        XCTAssertEqual(replica.read(\.ended), ["b"])
    }
}

final class PeerTagTests: GatewayTestCase {
    func testAnAnsweredPeersConnectionIsTaggedWithItsName() throws {
        let exchange = try exchange(.post, "/replicate", Self.json, bytes: Array("{}".utf8))
        XCTAssertEqual(exchange.tag, "b")
        XCTAssertEqual(exchange.limit, .seconds(30))
    }

    func testAForeignersConnectionIsNotTagged() throws {
        replica.update { $0.peerResponse = .foreign("another cluster") }
        let exchange = try exchange(.post, "/replicate", Self.json, bytes: Array("{}".utf8))
        XCTAssertNil(exchange.tag)
    }
}
