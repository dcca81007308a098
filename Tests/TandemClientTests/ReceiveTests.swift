import SocketTestSupport
import TandemClient
import XCTest

/// Reading: one message, pages, following.
final class ReceiveTests: TandemClientTestCase {
    func testOneMessage() async throws {
        let node = try node { _, request in
            request.line.contains("/messages/7 ")
                ? .json(Message.example(id: 7).json)
                : .problem(404, "no-such-message")
        }
        let client = client(node.url)
        let found = try await client.message(id: 7)
        XCTAssertEqual(found, .example(id: 7))
        let missing = try await client.message(id: 8, consistency: .stale)
        XCTAssertNil(missing)
        XCTAssertEqual(node.lines, ["GET /messages/7 HTTP/1.1", "GET /messages/8?consistency=stale HTTP/1.1"])
    }

    func testOnlyTheClustersOwnWordMeansThereIsNoMessage() async throws {
        let node = try node { _, _ in .respond("404 Not Found", body: "nginx") }
        let client = client(node.url)
        let error = try await failure { () throws(TandemError) in try await client.message(id: 7) }
        XCTAssertEqual(error.code, .rejected)
    }

    func testPage() async throws {
        let node = try node { number, _ in
            let head = "Consistency: stale; applied=9; age=3"
            let messages =
                number == 1 ? [Message.example(id: 4), .example(id: 6)].map(\.json).joined(separator: ",") : ""
            let body = #"{"messages":[\#(messages)],"next":"/messages?after=6","more":\#(number == 1)}"#
            return .respond("200 OK", headers: ["Content-Type: application/json", head], body: body)
        }
        let client = client(node.url)
        let page = try await client.messages(
            recipient: "bob & co",
            sender: "al=ice",
            after: 3,
            limit: 2,
            consistency: .stale
        )
        XCTAssertEqual(page.messages.map(\.id), [4, 6])
        XCTAssertEqual(page.next, 6)
        XCTAssertTrue(page.hasMore)
        XCTAssertEqual(page.consistency, "stale; applied=9; age=3")
        XCTAssertEqual(
            node.lines[0],
            "GET /messages?recipient=bob%20%26%20co&sender=al%3Dice&after=3&limit=2&consistency=stale HTTP/1.1"
        )
        let empty = try await client.messages(after: page.next)
        XCTAssertEqual(empty, MessagePage(messages: [], next: 6, hasMore: false, consistency: page.consistency))
    }

    func testReadsGoOnElsewhereAfterAnyLoss() async throws {
        for answer: ScriptedNode.Answer in [.hangUp, .problem(504, "timed-out"), .respond("502 Bad Gateway")] {
            let first = try node { _, _ in answer }
            let second = try node { _, _ in .json(Message.example(id: 1).json) }
            let message = try await client(first.url, second.url).message(id: 1)
            XCTAssertEqual(message?.id, 1, "\(answer)")
        }
    }

    func testSilentNodeIsPassedOver() async throws {
        let silent = try node { _, _ in .silence }
        let node = try node { _, _ in .json(Message.example(id: 1).json) }
        let client = client(silent.url, node.url) { $0.attemptTimeout = .milliseconds(60) }
        let message = try await client.message(id: 1)
        XCTAssertEqual(message?.id, 1)
    }

    func testFollowReadsPagesThenWaitsForMore() async throws {
        let pages: [([UInt64], Bool)] = [([1, 2], true), ([4], false), ([], false), ([], false), ([9], false)]
        let node = try node { number, _ in
            let (ids, more) = number <= pages.count ? pages[number - 1] : ([], false)
            let messages = ids.map { Message.example(id: $0).json }.joined(separator: ",")
            return .json(#"{"messages":[\#(messages)],"next":"","more":\#(more)}"#)
        }
        var ids: [UInt64] = []
        for try await message in client(node.url).follow(recipient: "bob") {
            ids.append(message.id)
            if ids.count == 4 { break }
        }
        XCTAssertEqual(ids, [1, 2, 4, 9])
        let afters = node.lines.compactMap { $0.split(separator: "after=").last?.prefix { $0.isNumber } }
        XCTAssertEqual(afters, ["0", "2", "4", "4", "4"])
    }

    func testFollowEndsWithItsTask() async throws {
        let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
        let node = try node { _, _ in
            continuation.yield()
            return .json(#"{"messages":[],"next":"","more":false}"#)
        }
        let client = client(node.url)
        let task = Task {
            for try await message in client.follow() { XCTFail("unexpected \(message)") }
        }
        for await _ in asked { break }
        task.cancel()
        try await task.value
    }

    func testFollowThrowsWhatWillNotPass() async throws {
        let node = try node { _, _ in .problem(403, "forbidden") }
        do {
            for try await message in client(node.url).follow() { XCTFail("unexpected \(message)") }
            XCTFail("the sequence ended without an error")
        } catch let error as TandemError {
            XCTAssertEqual(error.code, .rejected)
            XCTAssertEqual(error.problem?.status, 403)
        }
    }
}
