import Foundation
import ProcessTestSupport
import XCTest

/// Reading messages in order, filtered and page by page.
final class ReceiveTests: AcceptanceTestCase {
    /// Asserts what a list has.
    private func assertList(
        _ target: String,
        _ expected: [String],
        from other: API? = nil,
        file: StaticString = #filePath,
        line: UInt = #line
    ) async throws {
        let contents = try contents(await (other ?? node).get(target))
        XCTAssertEqual(contents, expected, target, file: file, line: line)
    }

    private func contents(_ reply: API.Reply) throws -> [String] {
        XCTAssertEqual(reply.status, 200, reply.text)
        let messages = try XCTUnwrap(try reply.object()["messages"] as? [[String: Any]])
        return messages.compactMap { $0["content"] as? String }
    }

    func testARecipientReadsItsMessagesInTheOrderSent() async throws {
        for number in 1...5 {
            _ = try await send("to me \(number)", from: "alice")
            _ = try await send("to another", from: "alice", to: party + "-other")
        }
        let reply = try await node.get("/messages?recipient=\(party)")
        XCTAssertEqual(try contents(reply), (1...5).map { "to me \($0)" })
        XCTAssertEqual(reply.header("Consistency"), "linearizable")
    }

    func testMessagesCanBeFoundBySenderAndByBoth() async throws {
        _ = try await send("one", from: party, to: party + "-x")
        _ = try await send("two", from: party, to: party + "-y")
        _ = try await send("three", from: party + "-z", to: party + "-x")
        try await assertList("/messages?sender=\(party)", ["one", "two"])
        try await assertList("/messages?recipient=\(party)-x", ["one", "three"])
        try await assertList("/messages?sender=\(party)&recipient=\(party)-x", ["one"])
    }

    func testPagesFollowEachOtherWithoutGapOrRepetition() async throws {
        let sent = try await (1...25).asyncMap { try await send("number \($0)") }.compactMap {
            $0["content"] as? String
        }
        var received: [String] = []
        var target: String? = "/messages?recipient=\(party)&limit=10"
        var pages = 0
        while let next = target {
            let reply = try await node.get(next)
            received += try contents(reply)
            pages += 1
            let object = try reply.object()
            let more = try XCTUnwrap(object["more"] as? Bool)
            let link = try XCTUnwrap(object["next"] as? String)
            XCTAssertTrue(reply.header("Link")?.contains("rel=\"next\"") == true, reply.header("Link") ?? "no Link")
            target = more ? link : nil
            XCTAssertLessThanOrEqual(pages, 4)
        }
        XCTAssertEqual(received, sent)
        XCTAssertEqual(pages, 3)
    }

    func testTheNextLinkOfTheLastPageFindsWhatCameLater() async throws {
        _ = try await send("early")
        let page = try await node.get("/messages?recipient=\(party)").object()
        let link = try XCTUnwrap(page["next"] as? String)
        try await assertList(link, [])
        _ = try await send("late")
        try await assertList(link, ["late"])
    }

    func testReadsStartAfterAnId() async throws {
        let sent = try await send("first")
        let first = try XCTUnwrap(sent["id"] as? Int)
        _ = try await send("second")
        try await assertList("/messages?recipient=\(party)&after=\(first)", ["second"])
    }

    func testAReadSeesEveryMessageAcknowledgedBefore() async throws {
        for number in 1...10 {
            _ = try await send("\(number)")
            for node in nodes {
                try await assertList("/messages?recipient=\(party)&limit=100", (1...number).map { "\($0)" }, from: node)
            }
        }
    }

    func testAStaleReadSaysHowStaleItIs() async throws {
        _ = try await send("x")
        for node in nodes {
            let reply = try await node.get("/messages?recipient=\(party)&consistency=stale")
            XCTAssertEqual(reply.status, 200)
            let consistency = try XCTUnwrap(reply.header("Consistency"))
            XCTAssertNotNil(consistency.wholeMatch(of: /stale; applied=\d+; age=\d+/), consistency)
        }
    }

    func testNamesWithSpecialCharactersAreFound() async throws {
        let name = "\(party) & co = 100% / ä?#+"
        _ = try await send("special", to: name)
        let encoded = try XCTUnwrap(name.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        try await assertList("/messages?recipient=\(encoded)", ["special"])
    }
}
