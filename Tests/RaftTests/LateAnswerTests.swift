import Raft
import XCTest

/// Answers that come when what they answer no longer matters, and refusals that must change nothing.
final class LateAnswerTests: XCTestCase {
    private func accepted(_ match: LogIndex, term: Term = 2) -> RPCReply {
        .appendEntries(.init(term: term, outcome: .accepted(match: match)))
    }

    private func b(_ node: RaftNode) -> Status.Peer? { node.status.peers.first { $0.id == "b" } }

    /// Leads in term 2, is deposed in term 3, leads again in term 4.
    private func leaderAgain() -> RaftNode {
        var node = Fixture.node(terms: [1, 1])
        Fixture.elect(&node)
        node.receive(.heartbeat(.init(term: 3, commit: .zero, round: 1)), from: "c")
        node.persistAll(now: .zero)
        Fixture.elect(&node, now: .milliseconds(400))
        XCTAssertEqual(node.status.term, 4)
        return node
    }

    /// A8: what a follower acknowledged to an earlier leadership may have been cut off since.
    func testA8AnAcknowledgementOfAnEarlierTermProvesNothing() {
        var node = leaderAgain()
        let before = b(node)?.match
        node.receive(accepted(3), from: "b", now: .milliseconds(400))
        XCTAssertEqual(b(node)?.match, before)
        node.receive(accepted(3, term: 4), from: "b", now: .milliseconds(400))
        XCTAssertEqual(b(node)?.match, 3)
    }

    /// A9: an append that was thought lost is answered while the peer is asked again where the logs agree.
    func testA9ALateAnswerMovesWhatIsSentNextAboveTheMatch() {
        var node = Fixture.node(settings: Settings(appendEntriesMax: 1, appendsInFlightMax: 4))
        Fixture.elect(&node)
        node.receive(accepted(2), from: "b")
        for ticket in 1...3 as ClosedRange<UInt64> {
            node.step(.propose(Proposal(ticket: Ticket(ticket), payloads: [[1], [2]])), now: .zero)
        }
        node.persistAll(now: .zero)
        node.step(.undelivered(to: "b", lane: .append), now: .zero)
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "b")
        node.persistAll(now: .zero)
        XCTAssertEqual(b(node)?.next, 3, "the entries 3 and 4 are on their way again")
        node.receive(accepted(3), from: "b")
        XCTAssertEqual(b(node)?.match, 3)
        XCTAssertEqual(b(node)?.next, 4)
    }

    /// D2: rounds are counted anew in each term, so a number alone proves nothing.
    func testD2AConfirmationOfAnEarlierTermServesNoRead() {
        var node = leaderAgain()
        node.receive(accepted(4, term: 4), from: "b", now: .milliseconds(400))
        node.persistAll(now: .milliseconds(400))
        node.step(.read(1), now: .milliseconds(400))
        let round = node.persistAll(now: .milliseconds(400)).heartbeats(to: "b").map(\.round).last ?? 0
        node.receive(.heartbeat(.init(term: 2, round: round)), from: "b", now: .milliseconds(400))
        XCTAssertEqual(node.persistAll(now: .milliseconds(400)).settled, [])
        node.receive(.heartbeat(.init(term: 4, round: round)), from: "b", now: .milliseconds(400))
        XCTAssertEqual(node.persistAll(now: .milliseconds(400)).settled, [.readable(1, 4)])
    }

    /// C3: a granted pre-vote names the term that was asked for, which is the candidate's by then; it is no vote.
    func testC3APreVoteThatComesLateIsNoVote() {
        var node = Fixture.node()
        Fixture.makeCandidate(&node)
        for isPreVote in [true, false] {
            let grant = RequestVote.Reply(term: 2, isPreVote: isPreVote, granted: true)
            node.receive(.requestVote(grant), from: "c")
            XCTAssertEqual(node.role, isPreVote ? .candidate : .leader)
        }
    }

    /// C5: who is refused for its log takes no time from the voter.
    func testC5ARefusalForTheLogDoesNotPutOffTheOwnCampaign() {
        var node = Fixture.node(terms: [1, 1])
        guard let deadline = node.takeReady()?.deadline else { return XCTFail("no deadline") }
        let request = RequestVote(term: 7, isPreVote: false, lastEntry: EntryID(term: 1, index: 1))
        node.receive(.requestVote(request), from: "c", now: .milliseconds(100))
        let ready = node.takeReady()
        XCTAssertEqual(ready?.persist?.hardState, HardState(term: 7, vote: nil))
        XCTAssertEqual(ready?.deadline, deadline)
    }

    /// F8, rule 4: what is on its way to the witness counts as sent, also where the backup has some of it.
    func testF8ABackupWithAPartOfWhatIsOnItsWayToTheWitnessIsNotIn() {
        let settings = Settings(appendEntriesMax: 1, appendsInFlightMax: 2)
        var network = Network(voters: ["a", "b"], witnesses: ["w"], settings: settings)
        network.elect("a")
        network.run(for: .milliseconds(200))
        network.crash("b")
        network.run(for: .milliseconds(60))
        _ = network.propose(at: "a")
        _ = network.propose(at: "a")
        let count = network.packets.count
        network.packets.removeAll { packet in
            if case .request(.appendEntries) = packet.body { packet.to == "w" } else { false }
        }
        XCTAssertEqual(network.packets.count, count - 2, "two appends to the witness got lost")
        network["b"].syncsAtOnce = false
        network.start("b")
        network.run(for: .milliseconds(60))
        network.sync("b")
        network.settle()
        XCTAssertEqual(network["b"].disk.lastIndex, network["a"].disk.lastIndex.previous)
        XCTAssertTrue(network.status("a").isDegraded)
        network.sync("b")
        network.settle()
        XCTAssertFalse(network.status("a").isDegraded)
        XCTAssertEqual(network.checker.violations, [])
    }
}
