import HTTPClient
import HTTPTypes
import XCTest

@testable import TandemClient

/// The plan on its own: no sockets, no clock.
final class CallPlanTests: XCTestCase {
    private static let refused = HTTPClientError(.refused, "refused", mayHaveBeenReceived: false)

    private func attempt(
        _ step: CallPlan.Step,
        file: StaticString = #filePath,
        line: UInt = #line
    ) -> (url: String, after: Duration)? {
        if case .attempt(let url, let delay, _) = step { return (url, delay) }
        XCTFail("not an attempt: \(step)", file: file, line: line)
        return nil
    }

    func testGoesRoundTheNodesWithGrowingPauses() {
        var plan = CallPlan(Call(.post, "/messages", isWrite: true), nodes: ["http://a", "http://b"])
        XCTAssertEqual(plan.firstURL, "http://a/messages")
        var pauses: [Duration] = []
        for _ in 0..<7 {
            let second = attempt(plan.step(after: .failure(Self.refused), from: "http://a/messages"))
            XCTAssertEqual(second?.url, "http://b/messages")
            XCTAssertEqual(second?.after, .zero)
            let first = attempt(plan.step(after: .failure(Self.refused), from: "http://b/messages"))
            XCTAssertEqual(first?.url, "http://a/messages")
            pauses.append(first?.after ?? .zero)
        }
        XCTAssertEqual(pauses, [50, 100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
    }

    func testWaitsAsLongAsTheMostPatientNodeAsks() {
        var plan = CallPlan(Call(.get, "/status", isWrite: false), nodes: ["http://a", "http://b", "http://c"])
        func unavailable(_ seconds: String) -> Result<HTTPClientResponse, HTTPClientError> {
            .success(HTTPClientResponse(status: .serviceUnavailable, headers: [.retryAfter: seconds]))
        }
        XCTAssertEqual(attempt(plan.step(after: unavailable("1"), from: "http://a/status"))?.after, .zero)
        XCTAssertEqual(attempt(plan.step(after: unavailable("3"), from: "http://b/status"))?.after, .zero)
        XCTAssertEqual(attempt(plan.step(after: unavailable("2"), from: "http://c/status"))?.after, .seconds(3))
        // What one round asked for says nothing about the next.
        for base in ["http://a", "http://b"] { _ = plan.step(after: .failure(Self.refused), from: base + "/status") }
        let next = attempt(plan.step(after: .failure(Self.refused), from: "http://c/status"))
        XCTAssertEqual(next?.after, .milliseconds(100))
    }

    func testTokensDoNotLeaveEncryptedConnections() {
        var plan = CallPlan(Call(.post, "/messages", isWrite: true), nodes: ["https://a", "https://b"])
        let redirect = HTTPClientResponse(status: .temporaryRedirect, headers: [.location: "http://a/messages"])
        let next = attempt(plan.step(after: .success(redirect), from: "https://a/messages"))
        XCTAssertEqual(next?.url, "https://b/messages")
    }

    func testRelativeRedirectStaysWithTheNode() {
        var plan = CallPlan(Call(.get, "/messages", isWrite: false), nodes: ["http://a:1", "http://b:2"])
        let redirect = HTTPClientResponse(status: .temporaryRedirect, headers: [.location: "/v2/messages"])
        XCTAssertEqual(
            attempt(plan.step(after: .success(redirect), from: "http://a:1/messages"))?.url,
            "http://a:1/v2/messages"
        )
    }

    func testNodesBeginWithThePreferredOne() {
        let nodes = Nodes(["http://a/", "http://b", "http://c"])
        XCTAssertEqual(nodes.inOrder, ["http://a", "http://b", "http://c"])
        nodes.prefer("http://b")
        XCTAssertEqual(nodes.inOrder, ["http://b", "http://c", "http://a"])
        nodes.prefer("http://elsewhere")
        XCTAssertEqual(nodes.inOrder, ["http://elsewhere", "http://a", "http://b", "http://c"])
        XCTAssertEqual(Nodes.base(of: "http://a:1/messages?x=/"), "http://a:1")
        XCTAssertEqual(Nodes.base(of: "http://a:1"), "http://a:1")
    }
}
