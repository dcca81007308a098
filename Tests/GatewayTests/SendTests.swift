import GatewayTestSupport
import HTTPServer
import HTTPTypes
import Messaging
import Raft
import XCTest

@testable import Cluster
@testable import Gateway

/// What `POST /messages` does with a message that is in order.
class SendTests: GatewayTestCase {
    func testAnswers201WithTheWholeMessageOnceItIsStored() async throws {
        let reply = try await send()
        XCTAssertEqual(reply.status, 201)
        XCTAssertEqual(reply.header("Location"), "/messages/1")
        XCTAssertEqual(reply.header("Durability"), "fsync; copies=2")
        XCTAssertEqual(reply.header("Content-Type"), "application/json")
        XCTAssertEqual(
            reply.text,
            #"{"id":1,"sender":"alice","recipient":"bob","content":"hello","#
                + #""timestamp":"2023-11-14T22:13:20.001Z","hlc":"018bcfe568010000"}"#
        )
    }

    func testProposesTheEncodedMessageOnce() async throws {
        _ = try await send()
        let payload = Command.unstampedPayload(of: Draft(sender: "alice", recipient: "bob", content: "hello"))
        XCTAssertEqual(replica.read(\.proposals), [FakeReplica.Proposal(payloads: [payload], copies: 1)])
    }

    func testAMessageThatWasSentCanBeReadBack() async throws {
        let body =
            #"{"content":"a \"quoted\" \\ line\nand \u00e9\ud83d\ude00 \u0000 \/","recipient":"b b","sender":"ä"}"#
        let sent = try await ask(.post, "/messages", Self.json, body)
        XCTAssertEqual(sent.status, 201, sent.text)
        let read = try await ask(.get, try XCTUnwrap(sent.header("Location")))
        XCTAssertEqual(read.body, sent.body)
        XCTAssertEqual(try read.object()["content"] as? String, "a \"quoted\" \\ line\nand é😀 \0 /")
        XCTAssertEqual(try read.object()["sender"] as? String, "ä")
    }

    func testTakesEveryFormOfTheJSONMediaType() async throws {
        for type in [
            "application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8",
            "Application/JSON ; charset=\"utf-8\"", "application/json; profile=x",
        ] {
            let reply = try await ask(.post, "/messages", [.contentType: type], Self.draft)
            XCTAssertEqual(reply.status, 201, type)
        }
    }

    func testReturnMinimalGivesTheIDOnly() async throws {
        for prefer in ["return=minimal", "respond-async, return=\"minimal\"; foo=1", "Return=minimal"] {
            let reply = try await send("", [.prefer: prefer])
            XCTAssertEqual(reply.status, 201)
            XCTAssertEqual(reply.header("Preference-Applied"), "return=minimal")
            XCTAssertEqual(reply.text, #"{"id":\#(replica.read { $0.messages.count })}"#)
            XCTAssertEqual(reply.header("Durability"), "fsync; copies=2")
        }
    }

    func testReturnRepresentationGivesTheMessage() async throws {
        let reply = try await send("", [.prefer: "return=representation"])
        XCTAssertEqual(reply.header("Preference-Applied"), "return=representation")
        XCTAssertEqual(try reply.object()["content"] as? String, "hello")
    }

    func testAnUnknownPreferenceIsIgnored() async throws {
        let reply = try await send("", [.prefer: "return=everything, wait=10"])
        XCTAssertEqual(reply.status, 201)
        XCTAssertNil(reply.header("Preference-Applied"))
    }

    func testCopiesAskedForReachTheReplica() async throws {
        let reply = try await send("?copies=2")
        XCTAssertEqual(reply.status, 201)
        XCTAssertEqual(replica.read(\.proposals).map(\.copies), [2])
    }

    func testAClientCanNotAskForFewerCopiesThanTheOperator() async throws {
        configuration.copiesMin = 2
        _ = try await send("?copies=1")
        _ = try await send()
        XCTAssertEqual(replica.read(\.proposals).map(\.copies), [2, 2])
    }

    func testMoreCopiesThanVotersThatHoldMessagesAre422() async throws {
        replica.update { $0.status.members.append(.init(id: "w", url: "http://w:1", kind: .witness)) }
        let reply = try await send("?copies=3")
        try assertProblem(reply, 422, "too-many-copies", outcome: "not-accepted")
        XCTAssertEqual(try reply.object()["limit"] as? Int, 2)
        XCTAssertEqual(replica.read(\.proposals), [])
    }

    func testEachReasonNotToAcceptIsAProblemOfItsOwn() async throws {
        let cases: [(NotAccepted, Int, String)] = [
            (.noPrimary, 503, "no-primary"), (.noQuorum, 503, "no-quorum"),
            (.tooFewCopies(atHand: 1), 503, "too-few-copies"), (.overloaded, 503, "overloaded"),
            (.diskFull, 507, "disk-full"), (.forming, 503, "forming"), (.stopping, 503, "stopping"),
            (.removed, 503, "not-a-member"),
        ]
        for (reason, status, name) in cases {
            replica.update { $0.writeOutcomes = [.notAccepted(reason)] }
            try assertProblem(try await send(), status, name, outcome: "not-accepted")
        }
        XCTAssertEqual(replica.read(\.messages).count, 0)
    }

    func testTooFewCopiesSaysHowManyThereAre() async throws {
        replica.update { $0.writeOutcomes = [.notAccepted(.tooFewCopies(atHand: 1))] }
        let reply1 = try await send("?copies=2")
        XCTAssertEqual(try reply1.object()["copiesAtHand"] as? Int, 1)
    }

    func testAWriteThatWasOverwrittenIsProposedAgain() async throws {
        replica.update { $0.writeOutcomes = [.notAccepted(.overwritten)] }
        let reply = try await send()
        XCTAssertEqual(reply.status, 201)
        XCTAssertEqual(replica.read(\.proposals).count, 2)
    }

    func testAWriteThatWasOverwrittenTooLateIsNotAccepted() async throws {
        configuration.hold = .zero
        replica.update { $0.writeOutcomes = [.notAccepted(.overwritten)] }
        try assertProblem(try await send(), 503, "overwritten", outcome: "not-accepted")
    }

    func testContentUpToTheLimitIsTaken() async throws {
        configuration.contentBytesMax = 10
        func body(_ content: String) -> String { #"{"sender":"a","recipient":"b","content":"\#(content)"}"# }
        let greatest = try await ask(.post, "/messages", Self.json, body(String(repeating: "\\u0041", count: 10)))
        XCTAssertEqual(greatest.status, 201)
        let tooLarge = try await ask(.post, "/messages", Self.json, body(String(repeating: "x", count: 11)))
        try assertProblem(tooLarge, 413, "message-too-large", outcome: "not-accepted")
        XCTAssertEqual(try tooLarge.object()["limit"] as? Int, 10)
        XCTAssertEqual(try tooLarge.object()["field"] as? String, "content")
    }

    func testEmptyContentIsTaken() async throws {
        let reply = try await ask(.post, "/messages", Self.json, #"{"sender":"a","recipient":"b","content":""}"#)
        XCTAssertEqual(reply.status, 201)
    }
}

/// The same over a socket.
final class LiveSendTests: SendTests {
    override class var isLive: Bool { true }

    func testABodyAboveTheLimitIs413() async throws {
        configuration.contentBytesMax = 10
        let reply = try await ask(.post, "/messages", Self.json, String(repeating: " ", count: 20_000))
        try assertProblem(reply, 413, "body-too-large", outcome: "not-accepted")
        XCTAssertEqual(try reply.object()["limit"] as? Int, 60 + 16 * 1024)
        XCTAssertEqual(replica.read(\.proposals), [])
    }

    func testAWriteThatIsNotFinishedInTimeIs504Unknown() async throws {
        configuration.hold = .milliseconds(10)
        configuration.requestTimeout = .milliseconds(50)
        replica.update { $0.isSilent = true }
        try assertProblem(try await send(), 504, "timed-out", outcome: "unknown")
    }
}

/// What only shows without a socket.
final class SendDeadlineTests: GatewayTestCase {
    func testAWriteThatIsNotFinishedInTimeIs504Unknown() throws {
        replica.update { $0.isSilent = true }
        let exchange = try exchange(.post, "/messages", Self.json, bytes: Array(Self.draft.utf8))
        XCTAssertNil(exchange.response)
        XCTAssertEqual(exchange.limit, .seconds(5))
        exchange.expire()
        let response = try XCTUnwrap(exchange.response)
        try assertProblem(
            Reply(status: response.status.code, headers: response.headers, body: response.body),
            504,
            "timed-out",
            outcome: "unknown"
        )
    }
}
