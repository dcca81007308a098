import GatewayTestSupport
import HTTPServer
import HTTPTypes
import Raft
import XCTest

@testable import Cluster
@testable import Gateway

/// `POST /promote`.
class PromotionTests: GatewayTestCase {
    private func promote(_ body: String) async throws -> Reply {
        try await ask(.post, "/promote", Self.json, body)
    }

    func testTheNodeAskedIsPromotedEvenIfItKnowsNoPrimary() async throws {
        replica.update {
            $0.status.leader = nil; $0.status.role = .follower
        }
        let reply = try await promote(#"{"epoch":3}"#)
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(reply.text, #"{"epoch":4,"mayLackAfter":null}"#)
        XCTAssertEqual(replica.read(\.promotions), [Promotion(epoch: 3, id: 0, acceptsLoss: false)])
    }

    func testAWholeNumberIsOneHoweverItIsWritten() async throws {
        for epoch in ["3", "3.0", "3e0", "0.3e1"] {
            let reply = try await promote(#"{"epoch":\#(epoch)}"#)
            XCTAssertEqual(reply.text, #"{"epoch":4,"mayLackAfter":null}"#, epoch)
        }
    }

    func testSaysWhatMayBeMissing() async throws {
        replica.update { $0.promotionOutcomes = [.promoted(epoch: 1, mayLackAfter: 41)] }
        let reply = try await promote(#"{"epoch":0,"acceptLoss":true}"#)
        XCTAssertEqual(reply.text, #"{"epoch":1,"mayLackAfter":41}"#)
        XCTAssertEqual(replica.read(\.promotions).first?.acceptsLoss, true)
    }

    func testRefusals() async throws {
        let cases: [(Promotion.Refusal, Int, String)] = [
            (.leaderKnown("a"), 409, "primary-known"), (.tooSoon, 503, "promotion-too-soon"),
            (.otherEpoch(2), 409, "other-epoch"), (.notAVoter, 409, "not-promotable"),
            (.mayLoseMessages(after: 41), 409, "loss-not-accepted"), (.diverged, 409, "promoted-apart"),
            (.removed, 409, "not-promotable"),
        ]
        for (refusal, status, name) in cases {
            replica.update { $0.promotionOutcomes = [.refused(refusal)] }
            let reply = try await promote(#"{"epoch":0}"#)
            XCTAssertEqual(reply.status, status, name)
            XCTAssertTrue(reply.text.contains("/problems/\(name)"), reply.text)
            if case .mayLoseMessages = refusal { XCTAssertTrue(reply.text.contains("41"), reply.text) }
        }
    }

    func testBodiesThatAreNoPromotions() async throws {
        let bodies = [
            "{}", #"{"epoch":-1}"#, #"{"epoch":0.5}"#, #"{"epoch":"0"}"#, #"{"epoch":0,"epoch":0}"#,
            #"{"epoch":0,"acceptLoss":1}"#, #"{"epoch":0,"node":"b"}"#, "[0]",
        ]
        for body in bodies {
            let reply = try await promote(body)
            XCTAssertEqual(reply.status, 422, body)
        }
        XCTAssertEqual(replica.read(\.promotions), [])
    }
}
