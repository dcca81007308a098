import GatewayTestSupport
import HTTPServer
import HTTPTypes
import Raft
import XCTest

@testable import Cluster
@testable import Gateway

/// `POST /leader`.
class TransferTests: GatewayTestCase {
    private func transfer(_ body: String) async throws -> Reply {
        try await ask(.post, "/leader", Self.json, body)
    }

    func testHandsOverToTheOneNamed() async throws {
        let reply = try await transfer(#"{"to":"b"}"#)
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(reply.text, #"{"leader":{"id":"b","url":"http://b:1"}}"#)
        XCTAssertEqual(replica.read(\.transfers), ["b"])
    }

    func testHandsOverToWhoeverLacksLeastWhereNobodyIsNamed() async throws {
        let reply = try await transfer("{}")
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(replica.read(\.transfers), [nil])
    }

    func testTheOneNamedMayLeadAlready() async throws {
        let reply = try await transfer(#"{"to":"a"}"#)
        XCTAssertEqual(reply.text, #"{"leader":{"id":"a","url":"http://a:1"}}"#)
        XCTAssertEqual(replica.read(\.transfers), [])
    }

    func testRefusals() async throws {
        let cases: [(String, TransferOutcome, Int, String)] = [
            (#"{"to":"b"}"#, .noSuccessor, 409, "no-successor"), ("{}", .noSuccessor, 409, "no-successor"),
            (#"{"to":"nobody"}"#, .noSuccessor, 404, "no-such-member"),
            ("{}", .alreadyUnderWay, 503, "transfer-under-way"), ("{}", .timedOut, 503, "transfer-failed"),
            ("{}", .notAccepted(.stopping), 503, "stopping"), ("{}", .notAccepted(.noPrimary), 503, "no-primary"),
        ]
        for (body, outcome, status, name) in cases {
            replica.update { $0.transferOutcomes = [outcome] }
            try assertProblem(try await transfer(body), status, name, outcome: "not-accepted")
        }
    }

    func testBodiesAreChecked() async throws {
        for (body, status, name) in [
            ("", 400, "empty-body"), ("{", 400, "malformed-json"), ("[]", 422, "invalid-body"),
            (#"{"to":1}"#, 422, "invalid-field"), (#"{"to":"b","to":"c"}"#, 422, "invalid-field"),
            (#"{"target":"b"}"#, 422, "invalid-field"),
        ] {
            try assertProblem(try await transfer(body), status, name, outcome: "not-accepted")
        }
        try assertProblem(
            try await ask(.post, "/leader", [:], "{}"),
            415,
            "unsupported-media-type",
            outcome: "not-accepted"
        )
        XCTAssertEqual(replica.read(\.transfers), [])
    }

    func testANodeThatIsFormingOrStoppingHandsNothingOver() async throws {
        replica.update { $0.status.role = .forming }
        try assertProblem(try await transfer(#"{"to":"b"}"#), 503, "forming", outcome: "not-accepted")
        replica.update { $0.status.role = .leader }
        lifecycle.stop()
        try assertProblem(try await transfer(#"{"to":"b"}"#), 503, "stopping", outcome: "not-accepted")
        XCTAssertEqual(replica.read(\.transfers), [])
    }
}
