import Foundation
import ProcessTestSupport
import XCTest

/// Requests that are not quite HTTP: refused, nothing of them stored, and never taken for two requests.
final class MalformedRequestTests: AcceptanceTestCase {
    private var message: String { #"{"sender":"\#(party)","recipient":"\#(party)","content":"smuggled"}"# }

    /// Sends a head with `message` behind it; the reply must have one of the statuses and end the connection.
    private func assertRefused(_ head: String, _ statuses: Int..., line: UInt = #line) async throws {
        let connection = try RawConnection(to: node.url)
        let fields = head.replacing("LENGTH", with: "\(message.utf8.count)")
        connection.send(fields + "\r\n\r\n" + message + "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let reply = try connection.reply()
        let status = reply.head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        XCTAssertTrue(statuses.contains(status ?? 0), reply.head, line: line)
        // The connection can't be trusted any more: what follows on it is no request. The HTTP library says some of its
        // own refusals twice.
        let rest = try connection.rest()
        XCTAssertFalse(rest.contains("HTTP/1.1 2"), rest, line: line)
        let stored = try await storedCount()
        XCTAssertEqual(stored, 0, line: line)
    }

    private let post = "POST /messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    func testAmbiguousLengths() async throws {
        try await assertRefused(post + "Content-Length: LENGTH\r\nContent-Length: 3", 400)
        try await assertRefused(post + "Content-Length: LENGTH\r\nTransfer-Encoding: chunked", 400)
        try await assertRefused(post + "Content-Length: LENGTH, LENGTH", 400, 413)
        try await assertRefused(post + "Content-Length: -1", 400, 413)
        try await assertRefused(post + "Transfer-Encoding: gzip, chunked", 501)
        try await assertRefused(post + "Accept: */*", 411)
    }

    func testBrokenHeaders() async throws {
        try await assertRefused(post + "Content-Length : LENGTH", 400)
        try await assertRefused(post + "Content-Length: LENGTH\r\nA(b): c", 400)
        try await assertRefused(post + "Content-Length: LENGTH\r\nA: b\u{1}c", 400)
        try await assertRefused(post + "Content-Length: LENGTH\r\nHost: other", 400)
        try await assertRefused(post.replacing("Host: localhost\r\n", with: "") + "Content-Length: LENGTH", 400)
    }

    func testBrokenTargets() async throws {
        for target in ["/messages%00", "/mess%zzages", "/%ff", "messages"] {
            try await assertRefused(post.replacing("/messages", with: target) + "Content-Length: LENGTH", 400)
        }
    }

    func testTooMuchBeforeTheBody() async throws {
        try await assertRefused(post + "A: " + String(repeating: "a", count: 20_000), 431)
        let target = "/messages?recipient=" + String(repeating: "a", count: 9000)
        try await assertRefused("GET \(target) HTTP/1.1\r\nHost: localhost", 414)
    }

    func testABodyThatEndsEarlyStoresNothing() async throws {
        do {
            let connection = try RawConnection(to: node.url)
            connection.send(post + "Content-Length: \(message.utf8.count)\r\n\r\n" + message.dropLast(1))
        }
        let stored = try await storedCount()
        XCTAssertEqual(stored, 0)
    }

    func testPipelinedRequestsAreAnsweredInOrder() async throws {
        let connection = try RawConnection(to: node.url)
        let request = post + "Content-Length: \(message.utf8.count)\r\n\r\n" + message
        connection.send(request + "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" + request)
        XCTAssertTrue(try connection.reply().head.hasPrefix("HTTP/1.1 201"))
        XCTAssertEqual(try connection.reply().body, "ok\n")
        XCTAssertTrue(try connection.reply().head.hasPrefix("HTTP/1.1 201"))
        let stored = try await storedCount()
        XCTAssertEqual(stored, 4, "two messages, found as sender and as recipient")
    }
}
