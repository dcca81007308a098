import Raft
import XCTest

/// Members that were away when they were removed, and do not know (C15).
final class RemovedMemberTests: XCTestCase {
    private func cluster(_ voters: [NodeID]) -> Network {
        var network = Network(voters: voters)
        network.elect("a")
        network.run(for: .milliseconds(200))
        return network
    }

    /// Removes a member that is down, and starts it again.
    private func removeWhileAway(_ id: NodeID, _ network: inout Network) {
        network.crash(id)
        let ticket = network.change(at: "a", .remove(id))
        network.run(for: .milliseconds(100))
        guard case .committed = network.outcome(ticket) else {
            return XCTFail(network.outcome(ticket).debugDescription)
        }
        network.start(id)
    }

    func testItIsToldWhenItAsksForVotes() {
        var network = cluster(["a", "b", "c"])
        removeWhileAway("c", &network)
        let term = network.status("a").term
        network.run(for: .seconds(2))

        XCTAssertNotNil(network.status("c").removedBy)
        XCTAssertEqual(network.status("c").role, .follower)
        XCTAssertEqual(network.leader, "a")
        XCTAssertEqual(network.status("a").term, term)
        let promotion = network.promote(at: "c", acceptsLoss: true)
        XCTAssertEqual(network.outcome(promotion), .rejected(promotion, .promotion(.removed)))
        XCTAssertEqual(network.checker.violations, [])
    }

    /// What is committed is not known after a start, not even to who committed it.
    func testALeaderThatRemovedItselfIsToldAfterAStart() {
        var network = cluster(["a", "b", "c"])
        let ticket = network.change(at: "a", .remove("a"))
        network.run(for: .milliseconds(200))
        XCTAssertNotEqual(network.leader, "a", "\(ticket)")
        network.crash("a")
        network.start("a")
        network.run(for: .seconds(2))
        XCTAssertNotNil(network.status("a").removedBy)
        XCTAssertEqual(network.status("a").role, .follower)
        XCTAssertEqual(network.checker.violations, [])
    }

    /// Where nobody was there to tell it, an operator's word counts until somebody is.
    func testItStopsWhereItWasPromotedMeanwhile() {
        var network = cluster(["a", "b", "c"])
        network.isolate("c")
        removeWhileAway("c", &network)
        network.run(for: .seconds(2))
        XCTAssertNil(network.status("c").removedBy)
        _ = network.promote(at: "c", acceptsLoss: true)
        network.run(for: .milliseconds(200))
        XCTAssertEqual(network.status("c").role, .leader)

        network.cuts = []
        network.run(for: .seconds(1))
        XCTAssertNotNil(network.status("c").removedBy)
        XCTAssertEqual(network.status("c").role, .follower)
        XCTAssertEqual([network.status("a").epoch, network.status("b").epoch], [.initial, .initial])
        XCTAssertEqual(network.leader, "a")
    }

    func testARemovalThatIsNotCommittedIsNotTold() {
        var network = cluster(["a", "b", "c"])
        network.cuts = [("b", "a"), ("c", "a")]
        network.reportsLosses = false
        _ = network.change(at: "a", .remove("c"))
        network.settle()
        XCTAssertEqual(network["b"].node?.membership["c"], nil)
        for id: NodeID in ["a", "b"] {
            XCTAssertEqual(network[id].node?.hasRemoved(Fixture.identity("c")), false, "\(id)")
        }
    }

    func testWhoWasToldTakesPartInNothing() {
        for isTold in [false, true] {
            var node = Fixture.node(terms: [1, 1])
            if isTold { node.step(.removed(by: Fixture.identity("b")), now: .zero) }
            let answer = node.answer(.heartbeat(Heartbeat(term: 2, commit: .zero, round: 1)), from: "b")
            XCTAssertEqual(answer == nil, isTold)
            node.step(.deadline, now: .zero + .seconds(9))
            node.step(.campaign, now: .zero + .seconds(9))
            let requests = node.persistAll(now: .zero + .seconds(9)).requests
            XCTAssertEqual(requests.isEmpty, isTold)
        }
    }

    func testAStrangerTellsNothing() {
        var node = Fixture.node(terms: [1, 1])
        node.step(.removed(by: MemberIdentity(id: "b", incarnation: Incarnation(12_345))), now: .zero)
        XCTAssertNil(node.status.removedBy)
        node.step(.removed(by: Fixture.identity("b")), now: .zero)
        XCTAssertEqual(node.status.removedBy, "b")
    }
}
