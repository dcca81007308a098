import Raft
import XCTest

/// A change of the members that makes something else of a pair: the survivor of a pair is promoted without a word about
/// losses, so for as long as either of the two may take it for one, it has to be one.
final class EndOfPairTests: XCTestCase {
    private func pair(learners: [NodeID] = []) -> Network {
        var network = Network(voters: ["a", "b"], learners: learners)
        network.elect("a")
        network.run(for: .milliseconds(200))
        return network
    }

    private func assertClean(_ network: Network, file: StaticString = #filePath, line: UInt = #line) {
        XCTAssertEqual(network.checker.violations, [], file: file, line: line)
    }

    private func assertCommitted(
        _ ticket: Ticket,
        _ network: Network,
        file: StaticString = #filePath,
        line: UInt = #line
    ) {
        guard case .committed = network.outcome(ticket) else {
            return XCTFail(network.outcome(ticket).debugDescription, file: file, line: line)
        }
    }

    // MARK: Three instead of two

    /// Else the other one, which does not know that there are three, would be promoted as one of two.
    func testAPairIsAPairUntilBothKnowThatItIsNot() {
        var network = pair(learners: ["c"])
        network.reportsLosses = false
        network.cuts = [("a", "b")]
        let change = network.change(at: "a", .promote("c"))
        let message = network.propose(at: "a")
        network.run(for: .milliseconds(100))
        XCTAssertNil(network.outcome(change))
        XCTAssertNil(network.outcome(message))

        network.cuts = []
        network.run(for: .seconds(1))
        assertCommitted(change, network)
        assertCommitted(message, network)
        network.crash("b")
        let alone = network.propose(at: network.leader ?? "a")
        network.run(for: .milliseconds(200))
        assertCommitted(alone, network)
        assertClean(network)
    }

    /// The next leader has the change and can't tell whether the other one knows of it, which does not and would be
    /// promoted.
    func testAPairStaysAPairUnderItsNextLeader() {
        var network = pair(learners: ["c"])
        network.reportsLosses = false
        network.isolate("b")
        let change = network.change(at: "a", .promote("c"))
        network.run(for: .milliseconds(50))
        XCTAssertNil(network.outcome(change))
        network.crash("a")
        network.start("a")
        network.run(for: .seconds(2))
        let message = network.propose(at: network.leader ?? "a")
        network.run(for: .milliseconds(200))
        if case .committed? = network.outcome(message) { XCTFail("b does not have it") }

        network.crash("a")
        network.crash("c")
        // In the term that a led in, too: the other epoch's entries are none of this one's.
        let promotion = network.promote(at: "b")
        network.run(for: .milliseconds(200))
        assertCommitted(promotion, network)
    }

    /// Once it was committed, whoever was added proves that both had it, whatever a leader knows of commits.
    func testAPairThatIsNoneAnyMoreDoesNotWaitForTheOther() {
        var network = pair(learners: ["c"])
        let change = network.change(at: "a", .promote("c"))
        network.run(for: .seconds(1))
        assertCommitted(change, network)
        for id: NodeID in ["a", "b", "c"] { network.crash(id) }
        for id: NodeID in ["a", "c"] { network.start(id) }
        network.run(for: .seconds(2))
        let alone = network.propose(at: network.leader ?? "a")
        network.run(for: .milliseconds(200))
        assertCommitted(alone, network)
        assertClean(network)
    }

    /// A witness is never promoted: whether it knows matters to nobody.
    func testAWitnessIsNotAskedWhetherItKnows() {
        var network = Network(voters: ["a"], learners: ["b"], witnesses: ["w"])
        network.elect("a")
        network.run(for: .milliseconds(200))
        network.reportsLosses = false
        network.isolate("w")
        let change = network.change(at: "a", .promote("b"))
        network.run(for: .milliseconds(50))
        assertCommitted(change, network)
        assertClean(network)
    }

    // MARK: One instead of two

    /// The one that leads would do alone, but the other one does not know that its vote is gone.
    func testWhoIsDemotedVotesUntilItKnows() {
        var network = pair()
        network.reportsLosses = false
        network.cuts = [("a", "b")]
        let change = network.change(at: "a", .demote("b"))
        let message = network.propose(at: "a")
        network.run(for: .milliseconds(100))
        XCTAssertNil(network.outcome(change))
        XCTAssertNil(network.outcome(message))

        network.cuts = []
        network.run(for: .seconds(1))
        assertCommitted(change, network)
        assertCommitted(message, network)
        network.crash("b")
        let alone = network.propose(at: "a")
        network.run(for: .milliseconds(200))
        assertCommitted(alone, network)
        assertClean(network)
    }

    /// Nor is what came before that change, and is on the disk of the one that leads.
    func testNothingBeforeADemotionIsCommittedWithoutTheOther() {
        var network = pair()
        network.reportsLosses = false
        network.isolate("b")
        let before = network.propose(at: "a")
        network["a"].syncsAtOnce = false
        let change = network.change(at: "a", .demote("b"))
        network.run(for: .milliseconds(100))
        for ticket in [before, change] { XCTAssertNil(network.outcome(ticket)) }

        network.crash("a")
        network.run(for: .seconds(2))
        let promotion = network.promote(at: "b")
        network.run(for: .milliseconds(200))
        assertCommitted(promotion, network)
        assertClean(network)
    }

    // MARK: Reads

    /// The other one may have been promoted meanwhile, and have acknowledged more (found by the simulator, seed 61150).
    func testD1AReadTakesBothUntilBothKnow() {
        for change in [MembershipChange.demote("b"), .promote("c")] {
            var network = pair(learners: ["c"])
            network.reportsLosses = false
            network.isolate("b")
            let pending = network.change(at: "a", change)
            network.run(for: .milliseconds(100))
            let read = network.read(at: "a")
            network.run(for: .milliseconds(200))
            if case .readable? = network.outcome(read) { XCTFail("\(change): b was not asked") }

            network.cuts = []
            network.run(for: .seconds(1))
            assertCommitted(pending, network)
            let later = network.read(at: network.leader ?? "a")
            network.run(for: .milliseconds(200))
            guard case .readable = network.outcome(later) else { return XCTFail("\(change)") }
            assertClean(network)
        }
    }
}
