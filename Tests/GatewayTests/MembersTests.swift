import GatewayTestSupport
import HTTPTypes
import Raft
import XCTest

@testable import Cluster
@testable import Gateway

/// `GET`, `POST` and `DELETE /members`.
final class MembersTests: GatewayTestCase {
    private func set(_ body: String) async throws -> Reply { try await ask(.post, "/members", Self.json, body) }

    private func remove(_ body: String) async throws -> Reply { try await ask(.delete, "/members", Self.json, body) }

    private var changes: [MembershipChange] { replica.read(\.changes) }

    private func makeLearner(_ id: NodeID) {
        replica.update { state in
            for place in state.status.members.indices where state.status.members[place].id == id {
                state.status.members[place].kind = .learner
            }
        }
    }

    func testLists() async throws {
        let reply = try await ask(.get, "/members")
        XCTAssertEqual(
            reply.text,
            #"{"cluster":null,"members":["#
                + #"{"id":"a","incarnation":"0000000000000007","kind":"voter","url":"http://a:1"},"#
                + #"{"id":"b","incarnation":"0000000000000007","kind":"voter","url":"http://b:1"}]}"#
        )
    }

    func testAVoterBeginsAsALearner() async throws {
        let new = #""id":"c","url":"http://c:1","incarnation":"00000000000000ff""#
        let member = Membership.Member(id: "c", kind: .learner, incarnation: 255, url: "http://c:1")
        for (kind, status) in [("voter", 202), ("learner", 201)] {
            let reply = try await set(#"{\#(new),"kind":"\#(kind)"}"#)
            XCTAssertEqual(reply.status, status, reply.text)
            let shown = try XCTUnwrap(try reply.object()["member"] as? [String: any Sendable])
            XCTAssertEqual(shown["kind"] as? String, "learner")
        }
        XCTAssertEqual(changes, [.add(member), .add(member)])
    }

    func testAWitnessIsAddedAsSuch() async throws {
        let reply = try await set(
            #"{"id":"w","url":"http://w:1","incarnation":"0000000000000001","kind":"witness"}"#
        )
        XCTAssertEqual(reply.status, 201)
        XCTAssertEqual(changes, [.add(.init(id: "w", kind: .witness, incarnation: 1, url: "http://w:1"))])
    }

    func testPromotesDemotesAndMoves() async throws {
        makeLearner("b")
        let promoted = try await set(#"{"id":"b","kind":"voter"}"#)
        let demoted = try await set(#"{"id":"a","kind":"learner"}"#)
        let moved = try await set(#"{"id":"a","url":"http://elsewhere:1"}"#)
        let both = try await set(#"{"id":"b","url":"http://b:2","kind":"voter"}"#)
        XCTAssertEqual([promoted, demoted, moved, both].map(\.status), [200, 200, 200, 202])
        XCTAssertEqual(
            changes,
            [
                .promote("b"), .demote("a"), .move("a", url: "http://elsewhere:1"), .move("b", url: "http://b:2"),
            ]
        )
    }

    /// What is in force and not committed may yet be cut off: nobody is told that it is so.
    func testWhileAChangeIsUnderWayNothingIsSaidToBeSo() async throws {
        replica.update { $0.status.areMembersSettled = false }
        let replies = [
            try await set(#"{"id":"a","kind":"voter"}"#), try await remove(#"{"id":"c"}"#),
            try await set(#"{"id":"a","incarnation":"0000000000000008"}"#),
            try await remove(#"{"id":"a","incarnation":"0000000000000008"}"#),
        ]
        for reply in replies {
            XCTAssertEqual(reply.status, 503, reply.text)
            XCTAssertTrue(reply.text.contains("/problems/change-under-way"), reply.text)
        }
        XCTAssertEqual(changes, [])
    }

    func testWhatIsSoAlreadyIsNotDoneAgain() async throws {
        for body in [
            #"{"id":"a"}"#, #"{"id":"a","kind":"voter"}"#,
            #"{"id":"a","kind":"voter","url":"http://a:1","incarnation":"0000000000000007"}"#,
        ] {
            let reply = try await set(body)
            XCTAssertEqual(reply.status, 200, reply.text)
        }
        XCTAssertEqual(changes, [])
    }

    func testRemoves() async throws {
        let reply = try await remove(#"{"id":"b","incarnation":"0000000000000007"}"#)
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(changes, [.remove("b")])
    }

    func testRefusesWhatIsMeantForAnotherNode() async throws {
        for body in [#"{"id":"b","incarnation":"0000000000000008"}"#] {
            try assertProblem(try await remove(body), 409, "member-exists", outcome: "not-accepted")
            try assertProblem(try await set(body), 409, "member-exists", outcome: "not-accepted")
        }
        try assertProblem(try await remove(#"{"id":"c"}"#), 404, "no-such-member", outcome: "not-accepted")
        try assertProblem(try await set(#"{"id":"c","kind":"voter"}"#), 404, "no-such-member", outcome: "not-accepted")
        try assertProblem(
            try await set(#"{"id":"a","kind":"witness"}"#),
            409,
            "membership-refused",
            outcome: "not-accepted"
        )
        XCTAssertEqual(changes, [])
    }

    func testEachRefusalIsAProblem() async throws {
        let cases: [(MembershipOutcome, Int, String)] = [
            (.refused(.unknownMember), 404, "no-such-member"), (.refused(.duplicateMember), 409, "member-exists"),
            (.refused(.wrongKind), 409, "membership-refused"), (.refused(.lastVoter), 409, "membership-refused"),
            (.refused(.witnessRules), 409, "membership-refused"), (.refused(.unsettled), 503, "change-under-way"),
            (.refused(.lagging("b", entries: 7)), 503, "member-behind"), (.notAccepted(.noQuorum), 503, "no-quorum"),
        ]
        for (outcome, status, name) in cases {
            replica.update { $0.membershipOutcomes = [outcome] }
            try assertProblem(try await remove(#"{"id":"b"}"#), status, name, outcome: "not-accepted")
        }
    }

    func testBodiesAreChecked() async throws {
        for body in [
            "{}", #"{"id":""}"#, #"{"id":"a b"}"#, #"{"id":"a","kind":"king"}"#, #"{"id":"a","url":"a:1"}"#,
            #"{"id":"a","url":"http://a:1/path"}"#, #"{"id":"a","incarnation":"7"}"#, #"{"id":"a","name":"b"}"#,
            #"{"id":"c","url":"http://c:1"}"#, #"{"id":"c","incarnation":"00000000000000ff"}"#,
        ] {
            try assertProblem(try await set(body), 422, "invalid-field", outcome: "not-accepted")
        }
        try assertProblem(try await remove(""), 400, "empty-body", outcome: "not-accepted")
        XCTAssertEqual(changes, [])
    }
}
