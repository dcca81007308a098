import Foundation
import XCTest

/// What operators and their tools look at.
final class OperationTests: AcceptanceTestCase {
    func testEveryNodeReportsItsStatus() async throws {
        var leaders: Set<String> = []
        for node in nodes {
            let reply = try await node.get("/status")
            XCTAssertEqual(reply.status, 200)
            let status = try reply.object()
            let members: Set = [
                "node", "cluster", "role", "state", "term", "leader", "lastIndex", "commitIndex", "appliedIndex",
                "firstId", "lastId", "messages", "degraded", "members", "clock", "storage", "problems",
            ]
            XCTAssertEqual(Set(status.keys), members)
            XCTAssertTrue(["primary", "backup", "witness"].contains(status["role"] as? String ?? ""))
            leaders.insert(try XCTUnwrap((status["leader"] as? [String: Any])?["id"] as? String))
        }
        XCTAssertEqual(leaders.count, 1, "all nodes agree on the primary")
    }

    func testStatusCountsMessages() async throws {
        let message = try await send("one more")
        let status = try await node.get("/status").object()
        let last = try XCTUnwrap(status["lastId"] as? Int)
        XCTAssertGreaterThanOrEqual(last, try XCTUnwrap(message["id"] as? Int))
        XCTAssertGreaterThan(try XCTUnwrap(status["messages"] as? Int), 0)
    }

    func testProbesAnswerInPlainText() async throws {
        for path in ["/livez", "/readyz"] {
            let reply = try await node.get(path)
            XCTAssertEqual(reply.status, 200)
            XCTAssertTrue(reply.text.hasPrefix("ok"), reply.text)
        }
    }

    func testTheVersionIsTold() async throws {
        let version = try await node.get("/version").object()
        XCTAssertEqual(version["name"] as? String, "tandem")
        XCTAssertFalse((version["version"] as? String ?? "").isEmpty)
    }

    func testTheDescriptionIsServed() async throws {
        let reply = try await node.get("/openapi.yaml")
        XCTAssertEqual(reply.status, 200)
        XCTAssertTrue(reply.text.contains("openapi: 3.1"), String(reply.text.prefix(200)))
    }

    func testEachProblemIsExplainedWhereItsTypeLeads() async throws {
        for reply in [
            try await node.get("/nothing"), try await node.post(json: "{"), try await node.get("/messages/9999999"),
        ] {
            let type = try XCTUnwrap(try reply.object()["type"] as? String)
            let page = try await node.get(type)
            XCTAssertEqual(page.status, 200, type)
            XCTAssertGreaterThan(page.text.count, 100, page.text)
        }
    }
}
