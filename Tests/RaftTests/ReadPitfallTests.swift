import Raft
import XCTest

/// Reads that were not linearizable elsewhere: pitfalls D.
final class ReadPitfallTests: XCTestCase {
    private func leader(of voters: [NodeID] = ["a", "b", "c"]) -> RaftNode {
        var node = Fixture.node(of: voters)
        Fixture.elect(&node)
        for peer in voters.dropFirst() {
            node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 2))), from: peer)
        }
        node.persistAll(now: .zero)
        XCTAssertTrue(node.status.isLeaderReady)
        return node
    }

    private func confirm(_ round: UInt64, _ node: inout RaftNode, from peer: NodeID) {
        node.receive(.heartbeat(.init(term: 2, round: round)), from: peer)
    }

    /// D1: a new leader that has committed nothing of its own term does not know what is committed.
    func testD1ANewLeaderReadsOnlyAfterACommitOfItsOwn() {
        var node = Fixture.node(terms: [1, 1])
        Fixture.elect(&node)
        node.step(.read(1), now: .zero)
        XCTAssertEqual(node.persistAll(now: .zero).heartbeats(to: "b"), [], "no round for it yet")
        confirm(1, &node, from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [])
        node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 3))), from: "b")
        let rounds = node.persistAll(now: .zero).heartbeats(to: "b").map(\.round)
        XCTAssertEqual(rounds.last, 2)
        confirm(2, &node, from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.readable(1, 3)])
    }

    /// D2: an answer to an earlier round, however late, proves nothing about a later read.
    func testD2AnOldConfirmationDoesNotServeALaterRead() {
        var node = leader()
        node.step(.read(1), now: .zero)
        let round = node.persistAll(now: .zero).heartbeats(to: "b").map(\.round).last ?? 0
        confirm(round - 1, &node, from: "b")
        confirm(round - 1, &node, from: "c")
        XCTAssertEqual(node.takeReady()?.settled ?? [], [])
        confirm(round, &node, from: "b")
        XCTAssertEqual(node.takeReady()?.settled, [.readable(1, 2)])
        // The same answer again, and one to a round that was never begun.
        node.step(.read(2), now: .zero)
        node.persistAll(now: .zero)
        confirm(round, &node, from: "b")
        confirm(round, &node, from: "c")
        confirm(round + 100, &node, from: "c")
        XCTAssertEqual(node.takeReady()?.settled ?? [], [])
    }

    /// D3: a quorum, not one less.
    func testD3AReadWaitsForAWholeQuorum() {
        var node = leader(of: ["a", "b", "c", "d", "e"])
        node.step(.read(1), now: .zero)
        let round = node.persistAll(now: .zero).heartbeats(to: "b").map(\.round).last ?? 0
        confirm(round, &node, from: "b")
        confirm(round, &node, from: "b")
        XCTAssertEqual(node.takeReady()?.settled ?? [], [])
        confirm(round, &node, from: "d")
        XCTAssertEqual(node.takeReady()?.settled, [.readable(1, 2)])
    }

    func testD3ALearnerConfirmsNothing() {
        var node = Fixture.node(learners: ["l"])
        Fixture.elect(&node)
        node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 2))), from: "b")
        node.step(.read(1), now: .zero)
        let round = node.persistAll(now: .zero).heartbeats(to: "l").map(\.round).last ?? 0
        confirm(round, &node, from: "l")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [])
    }

    /// D5: reads that wait when the leader steps down all fail.
    func testD5WaitingReadsFailWithTheLeadership() {
        var node = leader()
        node.step(.read(1), now: .zero)
        node.persistAll(now: .zero)
        node.step(.read(2), now: .zero)
        node.receive(.heartbeat(.init(term: 3, round: 1)), from: "b")
        XCTAssertEqual(
            node.takeReady()?.settled,
            [.rejected(1, .notLeader(leader: nil)), .rejected(2, .notLeader(leader: nil))]
        )
    }

    /// Reads that come while a round is under way share the next one.
    func testReadsShareRounds() {
        var node = leader()
        for ticket in 1...3 as ClosedRange<UInt64> { node.step(.read(Ticket(ticket)), now: .zero) }
        let first = node.persistAll(now: .zero).heartbeats(to: "b")
        XCTAssertEqual(first.count, 1)
        for ticket in 4...6 as ClosedRange<UInt64> { node.step(.read(Ticket(ticket)), now: .zero) }
        XCTAssertEqual(node.persistAll(now: .zero).heartbeats(to: "b"), [])
        confirm(first[0].round, &node, from: "c")
        let readies = node.persistAll(now: .zero)
        XCTAssertEqual(readies.settled, (1...3).map { .readable(Ticket($0), 2) })
        XCTAssertEqual(readies.heartbeats(to: "b").map(\.round), [first[0].round + 1])
        confirm(first[0].round + 1, &node, from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).settled, (4...6).map { .readable(Ticket($0), 2) })
    }

    /// A read sees what was committed when it came, not less and not more.
    func testAReadSeesWhatWasCommittedWhenItCame() {
        var node = leader()
        node.step(.read(1), now: .zero)
        let round = node.persistAll(now: .zero).heartbeats(to: "b").map(\.round).last ?? 0
        node.step(.propose(Proposal(ticket: 9, payloads: [[1]])), now: .zero)
        node.persistAll(now: .zero)
        node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 3))), from: "b")
        node.persistAll(now: .zero)
        confirm(round, &node, from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.readable(1, 2)])
    }

    func testASingleVoterReadsAtOnce() {
        var node = Fixture.node(of: ["a"])
        Fixture.elect(&node)
        node.step(.read(1), now: .zero)
        XCTAssertEqual(node.takeReady()?.settled, [.readable(1, 2)])
    }

    func testReadsAreRefusedAtOnceWithoutAQuorumAtHand() {
        var node = leader()
        node.step(.refused("b"), now: .zero)
        node.step(.read(1), now: .milliseconds(10))
        node.persistAll(now: .milliseconds(10))
        node.step(.refused("c"), now: .milliseconds(10))
        node.step(.read(2), now: .milliseconds(10))
        XCTAssertEqual(node.takeReady()?.settled, [.rejected(2, .noQuorum)])
    }

    /// An old leader, cut off, must not answer although it does not know yet.
    func testACutOffLeaderAnswersNoRead() {
        var network = Network()
        network.elect("a")
        network.isolate("a")
        let stale = network.read(at: "a")
        network.run(for: .seconds(1))
        guard let leader = network.leader else { return XCTFail("no leader") }
        XCTAssertNotEqual(leader, "a")
        XCTAssertEqual(network.outcome(stale), .rejected(stale, .notLeader(leader: nil)))
        let written = network.propose(at: leader)
        network.run(for: .milliseconds(20))
        let fresh = network.read(at: leader)
        network.settle()
        guard case .committed(_, let indexes, _) = network.outcome(written),
            case .readable(_, let index) = network.outcome(fresh)
        else { return XCTFail("no outcome") }
        XCTAssertGreaterThanOrEqual(index, indexes.upperBound)
        XCTAssertEqual(network.checker.violations, [])
    }
}
