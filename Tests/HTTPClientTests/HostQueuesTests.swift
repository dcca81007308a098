import XCTest

@testable import HTTPClient

final class HostQueuesTests: XCTestCase {
    func testStartsUpToTheLimitThenInOrder() {
        var queues = HostQueues(connectionsMax: 2)
        XCTAssertTrue(queues.admit(1, to: "http://a"))
        XCTAssertTrue(queues.admit(2, to: "http://a"))
        XCTAssertFalse(queues.admit(3, to: "http://a"))
        XCTAssertFalse(queues.admit(4, to: "http://a"))
        XCTAssertEqual(queues.release("http://a"), 3)
        XCTAssertEqual(queues.release("http://a"), 4)
        XCTAssertNil(queues.release("http://a"))
        XCTAssertNil(queues.release("http://a"))
        XCTAssertTrue(queues.admit(5, to: "http://a"))
    }

    func testOriginsDoNotShareALimit() {
        var queues = HostQueues(connectionsMax: 1)
        XCTAssertTrue(queues.admit(1, to: "http://a"))
        XCTAssertTrue(queues.admit(2, to: "http://b"))
        XCTAssertFalse(queues.admit(3, to: "http://b"))
        XCTAssertNil(queues.release("http://a"))
        XCTAssertEqual(queues.release("http://b"), 3)
    }

    func testWithdrawnRequestIsNeverStarted() {
        var queues = HostQueues(connectionsMax: 1)
        XCTAssertTrue(queues.admit(1, to: "http://a"))
        XCTAssertFalse(queues.admit(2, to: "http://a"))
        XCTAssertFalse(queues.admit(3, to: "http://a"))
        queues.withdraw(2, from: "http://a")
        XCTAssertEqual(queues.release("http://a"), 3)
        XCTAssertNil(queues.release("http://a"))
    }

    func testOriginOfAURL() {
        let cases: [(String, String?)] = [
            ("http://127.0.0.1:12345/messages?x=http://y", "http://127.0.0.1:12345"), ("http://a", "http://a"),
            ("https://[::1]:1?x", "https://[::1]:1"), ("http://a#b", "http://a"), ("http:///x", nil), ("a:1/x", nil),
            ("/x", nil), ("", nil), ("://", nil),
        ]
        for (url, origin) in cases {
            XCTAssertEqual(HTTPClientRequest(url: url).origin.map(String.init), origin, url)
        }
    }
}
