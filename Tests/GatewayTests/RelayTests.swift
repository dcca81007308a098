import GatewayTestSupport
import HTTPClient
import HTTPServer
import HTTPTypes
import Raft
import XCTest

@testable import Cluster
@testable import Gateway

/// What a node that is not the primary does with what only the primary can answer.
final class RelayTests: GatewayTestCase {
    override class var passesOn: Bool { true }

    override func setUp() async throws {
        replica.follow(.b)
        configuration.forwardRetryInterval = .milliseconds(1)
    }

    private func notPrimary(_ primaries: Primary...) {
        replica.update { state in
            state.writeOutcomes = primaries.map { .notAccepted(.notPrimary($0)) }
            state.readOutcomes = primaries.map { .notAccepted(.notPrimary($0)) }
        }
    }

    private static func created(_ headers: HTTPFields = [:]) -> Result<HTTPClientResponse, HTTPClientError> {
        .success(HTTPClientResponse(status: .created, headers: headers, body: Array("{}".utf8)))
    }

    // MARK: Forward

    func testAWriteIsPassedToThePrimaryAndTheAnswerBack() async throws {
        notPrimary(.b)
        sender.answer(
            Self.created([
                .location: "/messages/7", .durability: "fsync; copies=2", .contentType: "application/json",
                .connection: "close", .server: "other", .date: "today", .contentLength: "2",
            ])
        )
        let reply = try await send("?copies=2", [.prefer: "return=minimal", .traceparent: "00-1-2-3", .cookie: "no"])
        XCTAssertEqual(reply.status, 201)
        XCTAssertEqual(reply.text, "{}")
        XCTAssertEqual(
            reply.headers,
            [
                .location: "/messages/7", .durability: "fsync; copies=2", .contentType: "application/json",
                .primary: "http://127.0.0.1:12346",
            ]
        )
        let sent = try XCTUnwrap(sender.sent.first)
        XCTAssertEqual(sent.method, .post)
        XCTAssertEqual(sent.url, "http://127.0.0.1:12346/messages?copies=2")
        XCTAssertEqual(sent.body, Array(Self.draft.utf8))
        XCTAssertEqual(
            sent.headers,
            [
                .forwardedBy: "a", .contentType: "application/json", .prefer: "return=minimal",
                .traceparent: "00-1-2-3",
            ]
        )
        XCTAssertFalse(sent.isRepeatable)
        XCTAssertLessThanOrEqual(sent.timeout, .seconds(5))
    }

    func testALinearizableReadIsPassedToThePrimary() async throws {
        notPrimary(.b)
        sender.answer(.success(HTTPClientResponse(status: .ok, headers: [.consistency: "linearizable"])))
        let reply = try await ask(.get, "http://localhost/messages?recipient=b%20b")
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(reply.header("Consistency"), "linearizable")
        XCTAssertEqual(sender.sent.map(\.url), ["http://127.0.0.1:12346/messages?recipient=b%20b"])
    }

    func testAMessageThatABackupDoesNotHaveIsAskedOfThePrimary() async throws {
        notPrimary(.b)
        sender.answer(.success(HTTPClientResponse(status: .notFound)))
        let reply = try await ask(.head, "/messages/9")
        XCTAssertEqual(reply.status, 404)
        XCTAssertEqual(sender.sent.map(\.method), [.get])
    }

    func testAnErrorOfThePrimaryIsPassedOnAsItIs() async throws {
        notPrimary(.b)
        sender.answer(.success(HTTPClientResponse(status: .serviceUnavailable, headers: [.retryAfter: "1"])))
        let reply = try await send()
        XCTAssertEqual(reply.status, 503)
        XCTAssertEqual(reply.header("Retry-After"), "1")
        XCTAssertEqual(sender.sent.count, 1)
    }

    func testBadInputIsNotPassedOn() async throws {
        notPrimary(.b)
        try assertProblem(
            try await ask(.post, "/messages", Self.json, "{}"),
            422,
            "invalid-field",
            outcome: "not-accepted"
        )
        XCTAssertEqual(sender.sent.count, 0)
    }

    func testARefusedConnectionIsReportedAndAnotherPrimaryFound() async throws {
        notPrimary(.b, .c)
        replica.update { $0.primaries = [.c] }
        sender.answer(.failed(.refused, mayHaveBeenReceived: false), Self.created())
        let reply = try await send()
        XCTAssertEqual(reply.status, 201)
        XCTAssertEqual(reply.header("Primary"), "http://127.0.0.1:12347")
        XCTAssertEqual(replica.read(\.refusals), ["b"])
        XCTAssertEqual(replica.read(\.awaited), ["b"])
        XCTAssertEqual(
            sender.sent.map(\.url),
            ["http://127.0.0.1:12346/messages", "http://127.0.0.1:12347/messages"]
        )
    }

    func testANodeThatBecomesThePrimaryMeanwhileTakesTheWriteItself() async throws {
        notPrimary(.b)
        replica.update { $0.primaries = [Primary(id: "a", url: "http://127.0.0.1:12345")] }
        sender.answer(.failed(.refused, mayHaveBeenReceived: false))
        let reply = try await send()
        XCTAssertEqual(reply.status, 201)
        XCTAssertEqual(replica.read(\.messages).count, 1)
        XCTAssertNil(reply.header("Primary"))
    }

    func testAPrimaryThatIsBackIsTriedAgain() async throws {
        notPrimary(.b, .b)
        sender.answer(.failed(.refused, mayHaveBeenReceived: false), Self.created())
        let reply1 = try await send()
        XCTAssertEqual(reply1.status, 201)
    }

    func testANodeThatIsNotThePrimaryAnyMoreIsNotTheLastWord() async throws {
        notPrimary(.b, .c)
        sender.answer(
            .success(
                HTTPClientResponse(status: .misdirectedRequest, body: Array(#"{"type":"/problems/not-primary"}"#.utf8))
            ),
            Self.created()
        )
        let reply2 = try await send()
        XCTAssertEqual(reply2.status, 201)
        XCTAssertEqual(replica.read(\.refusals), [])
    }

    func testNoOtherPrimaryWithinTheHoldIs503() async throws {
        configuration.hold = .zero
        notPrimary(.b)
        sender.answer(.failed(.couldNotConnect, mayHaveBeenReceived: false))
        try assertProblem(try await send(), 503, "no-primary", outcome: "not-accepted")
        XCTAssertEqual(replica.read(\.refusals), [])
    }

    func testAWriteThatMayHaveArrivedIsNeverSentAgain() async throws {
        for code in [HTTPClientError.Code.connectionLost, .timedOut, .closed, .responseTooLarge] {
            notPrimary(.b)
            sender.answer(.failed(code, mayHaveBeenReceived: true))
            try assertProblem(try await send(), 504, "timed-out", outcome: "unknown")
        }
        XCTAssertEqual(sender.sent.count, 4)
    }

    func testAReadThatMayHaveArrivedIsSentAgain() async throws {
        notPrimary(.b, .c)
        sender.answer(
            .failed(.connectionLost, mayHaveBeenReceived: true),
            .success(HTTPClientResponse(status: .ok))
        )
        let reply = try await ask(.get, "/messages")
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(reply.header("Primary"), "http://127.0.0.1:12347")
    }

    func testAReadThatTakesTooLongIs504() async throws {
        notPrimary(.b)
        sender.answer(.failed(.timedOut, mayHaveBeenReceived: true))
        try assertProblem(try await ask(.get, "/messages"), 504, "timed-out")
    }

    func testTooManyForwardsAreOverload() async throws {
        notPrimary(.b)
        sender.answer(.failed(.overloaded, mayHaveBeenReceived: false))
        try assertProblem(try await send(), 503, "overloaded", outcome: "not-accepted")
    }

    // MARK: Loops

    func testWhatWasForwardedIsNotForwardedAgain() async throws {
        let forwarded: HTTPFields = [.forwardedBy: "c"]
        notPrimary(.b)
        let reply = try await send("", forwarded)
        try assertProblem(reply, 421, "not-primary", outcome: "not-accepted")
        XCTAssertEqual(try reply.object()["primary"] as? [String: String], ["id": "b", "url": Primary.b.url])
        try assertProblem(try await ask(.get, "/messages", forwarded), 421, "not-primary")
        replica.update { $0.writeOutcomes = [.notAccepted(.noPrimary)] }
        try assertProblem(try await send("", forwarded), 421, "not-primary", outcome: "not-accepted")
        XCTAssertEqual(sender.sent.count, 0)
    }

    func testAPrimaryThatStopsSendsForwardedWritesElsewhere() async throws {
        lifecycle.stop()
        try assertProblem(
            try await send("", [.forwardedBy: "b"]),
            421,
            "not-primary",
            outcome: "not-accepted"
        )
    }

    // MARK: Redirect and reject

    func testRedirectNamesTheSameTargetOnThePrimary() async throws {
        configuration.notPrimaryMode = .redirect
        notPrimary(.b)
        let write = try await send("?copies=1")
        XCTAssertEqual(write.status, 307)
        XCTAssertEqual(write.header("Location"), "http://127.0.0.1:12346/messages?copies=1")
        XCTAssertEqual(write.header("Primary"), "http://127.0.0.1:12346")
        let read = try await ask(.get, "/messages?after=3")
        XCTAssertEqual(read.status, 307)
        XCTAssertEqual(read.header("Location"), "http://127.0.0.1:12346/messages?after=3")
    }

    func testRejectNamesThePrimary() async throws {
        configuration.notPrimaryMode = .reject
        notPrimary(.b)
        let reply = try await send()
        try assertProblem(reply, 421, "not-primary", outcome: "not-accepted")
        XCTAssertEqual(try reply.object()["primary"] as? [String: String], ["id": "b", "url": Primary.b.url])
        XCTAssertEqual(reply.header("Primary"), Primary.b.url)
        try assertProblem(try await ask(.get, "/messages"), 421, "not-primary")
    }

    // MARK: Witness

    func testAWitnessHoldsNothingToReadStale() async throws {
        replica.update { $0.status.kind = .witness }
        notPrimary(.b, .b)
        sender.answer(
            .success(HTTPClientResponse(status: .ok)),
            .success(HTTPClientResponse(status: .notFound))
        )
        _ = try await ask(.get, "/messages?consistency=stale")
        _ = try await ask(.get, "/messages/7?consistency=stale")
        XCTAssertEqual(sender.sent.count, 2)
    }
}
