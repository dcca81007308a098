import GatewayTestSupport
import HTTPServer
import HTTPTypes
import Messaging
import Raft
import XCTest

@testable import Cluster
@testable import Gateway

/// What `GET /messages` and `GET /messages/{id}` answer.
class ReceiveTests: GatewayTestCase {
    func testAListIsInOrderAndSaysWhereToGoOn() async throws {
        for content in ["one", "two", "three"] { replica.store(content) }
        let first = try await ask(.get, "/messages?limit=2")
        XCTAssertEqual(first.status, 200)
        XCTAssertEqual(try ids(first), [1, 2])
        XCTAssertEqual(try first.object()["more"] as? Bool, true)
        XCTAssertEqual(try first.object()["next"] as? String, "/messages?after=2&limit=2")
        XCTAssertEqual(first.header("Link"), #"</messages?after=2&limit=2>; rel="next""#)
        XCTAssertEqual(first.header("Consistency"), "linearizable")
        XCTAssertEqual(first.header("Cache-Control"), "no-store")

        let second = try await ask(.get, try XCTUnwrap(first.object()["next"] as? String))
        XCTAssertEqual(try ids(second), [3])
        XCTAssertEqual(try second.object()["more"] as? Bool, false)

        let next = try XCTUnwrap(second.object()["next"] as? String)
        XCTAssertEqual(next, "/messages?after=3&limit=2")
        let none = try await ask(.get, next)
        XCTAssertEqual(try ids(none), [])
        replica.store("four")
        let one = try await ask(.get, next)
        XCTAssertEqual(try ids(one), [4])
    }

    func testAnEmptyListHasTheSameForm() async throws {
        let reply = try await ask(.get, "/messages?recipient=nobody&after=7")
        XCTAssertEqual(
            reply.text,
            #"{"messages":[],"next":"/messages?recipient=nobody&after=7","more":false}"#
        )
    }

    func testFiltersAndLimitsReachTheReader() async throws {
        replica.store("x")
        _ = try await ask(.get, "/messages?recipient=b+b&sender=%C3%A4&after=5&limit=1000")
        _ = try await ask(.get, "/messages")
        XCTAssertEqual(
            replica.read(\.pageReadings),
            [
                MessageQuery(recipient: "b b", sender: "ä", after: 5, through: 1, limit: 1000),
                MessageQuery(recipient: nil, sender: nil, after: 0, through: 1, limit: 100),
            ]
        )
    }

    func testNextIsPercentEncoded() async throws {
        replica.store(from: "é", to: "b&b=<x>; \"q\"/?#%+", "x")
        let reply = try await ask(
            .get,
            "/messages?recipient=b%26b%3D%3Cx%3E%3B+%22q%22%2F%3F%23%25%2B&sender=%C3%A9&consistency=linearizable"
        )
        let next = try XCTUnwrap(reply.object()["next"] as? String)
        XCTAssertEqual(
            next,
            "/messages?recipient=b%26b%3D%3Cx%3E%3B%20%22q%22%2F%3F%23%25%2B&sender=%C3%A9&after=1"
                + "&consistency=linearizable"
        )
        XCTAssertEqual(try ids(reply), [1])
        let again = try await ask(.get, next.replacing("after=1", with: "after=0"))
        XCTAssertEqual(try ids(again), [1])
    }

    func testAPageThatEndsEarlyGoesOnAfterWhatWasLookedAt() async throws {
        replica.update { $0.page = MessagePage(messages: [], more: true, scannedThrough: 100_000) }
        let reply = try await ask(.get, "/messages?recipient=rare&after=17")
        XCTAssertEqual(try reply.object()["next"] as? String, "/messages?recipient=rare&after=100000")
    }

    func testNextNeverGoesBack() async throws {
        replica.update { $0.page = MessagePage(messages: [], more: false, scannedThrough: 3) }
        let reply = try await ask(.get, "/messages?after=17")
        XCTAssertEqual(try reply.object()["next"] as? String, "/messages?after=17")
    }

    func testAStaleReadIsAnsweredByABackupAtOnceAndSaysHowOldItIs() async throws {
        replica.store("one")
        replica.follow(.b)
        replica.update { $0.status.sinceLeaderContactMilliseconds = 12 }
        let reply = try await ask(.get, "/messages?consistency=stale")
        XCTAssertEqual(try ids(reply), [1])
        XCTAssertEqual(reply.header("Consistency"), "stale; applied=1; age=12")
        XCTAssertEqual(sender.sent.count, 0)
        XCTAssertEqual(try reply.object()["next"] as? String, "/messages?after=1&consistency=stale")
    }

    func testAStaleReadOfANodeThatNeverHeardOfAPrimaryHasNoAge() async throws {
        replica.update { $0.status.sinceLeaderContactMilliseconds = nil }
        let reply = try await ask(.get, "/messages?consistency=stale")
        XCTAssertEqual(reply.header("Consistency"), "stale; applied=0")
    }

    func testMinIDWaitsUntilItIsApplied() async throws {
        replica.store("one")
        for consistency in ["stale", "linearizable"] {
            let there = try await ask(.get, "/messages?consistency=\(consistency)&min_id=1")
            XCTAssertEqual(try ids(there), [1])
            let notThere = try await ask(.get, "/messages?consistency=\(consistency)&min_id=2")
            try assertProblem(notThere, 503, "not-caught-up")
        }
    }

    func testReadsThatTheClusterDoesNotTakeNow() async throws {
        let cases: [(NotAccepted, String)] = [
            (.noPrimary, "no-primary"), (.noQuorum, "no-quorum"), (.overloaded, "overloaded"), (.forming, "forming"),
            (.stopping, "stopping"), (.removed, "not-a-member"),
        ]
        for target in ["/messages", "/messages/7"] {
            for (reason, name) in cases {
                replica.update { $0.readOutcomes = [.notAccepted(reason)] }
                try assertProblem(try await ask(.get, target), 503, name)
            }
        }
    }

    func testReadsThatFailOnThisNode() async throws {
        replica.store("one")
        for target in ["/messages", "/messages?consistency=stale", "/messages/1"] {
            replica.update { $0.readFailure = .overloaded }
            try assertProblem(try await ask(.get, target), 503, "overloaded")
            replica.update { $0.readFailure = .storage("segment 7 is damaged") }
            let reply = try await ask(.get, target)
            try assertProblem(reply, 500, "storage-failure")
            XCTAssertFalse(reply.text.contains("segment"), "what the disk says is for the log")
        }
    }

    // MARK: One message

    func testOneMessageIsImmutable() async throws {
        replica.store("hello")
        let reply = try await ask(.get, "/messages/1")
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(reply.header("Cache-Control"), "private, max-age=31536000, immutable")
        XCTAssertEqual(reply.header("Consistency"), "linearizable")
        XCTAssertEqual(try reply.object()["content"] as? String, "hello")
    }

    func testABackupThatHasTheMessageAnswersWithoutThePrimary() async throws {
        replica.store("hello")
        replica.follow(.b)
        replica.update { $0.readOutcomes = [.notAccepted(.noQuorum)] }
        let reply = try await ask(.get, "/messages/1")
        XCTAssertEqual(reply.status, 200)
    }

    func testAMessageThatIsNotThereIs404() async throws {
        replica.store("hello")
        for target in ["/messages/2", "/messages/0", "/messages/18446744073709551615", "/messages/2?consistency=stale"]
        {
            let reply = try await ask(.get, target)
            try assertProblem(reply, 404, "no-such-message")
            XCTAssertEqual(
                reply.header("Consistency"),
                target.hasSuffix("stale") ? "stale; applied=1; age=0" : "linearizable"
            )
        }
    }

    func testWhatIsNotAppliedIsNotShown() async throws {
        replica.store("one")
        replica.store("two")
        replica.update { $0.status.appliedIndex = 1 }
        for target in ["/messages/2", "/messages/2?consistency=stale"] {
            try assertProblem(try await ask(.get, target), 404, "no-such-message")
        }
    }

    func testANodeBehindMakesSureBeforeItSays404() async throws {
        replica.store("one")
        replica.update { state in
            state.status.appliedIndex = 0
            state.readOutcomes = [.readable(through: 1)]
        }
        let reply = try await ask(.get, "/messages/1")
        XCTAssertEqual(reply.status, 200)
    }

    private func ids(_ reply: Reply, file: StaticString = #filePath, line: UInt = #line) throws -> [Int] {
        XCTAssertEqual(reply.status, 200, reply.text, file: file, line: line)
        let messages = try XCTUnwrap(reply.object()["messages"] as? [[String: any Sendable]], file: file, line: line)
        return messages.compactMap { $0["id"] as? Int }
    }
}

/// The same over a socket.
final class LiveReceiveTests: ReceiveTests {
    override class var isLive: Bool { true }
}
