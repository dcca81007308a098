import Raft
import XCTest

/// Linearizable reads on followers: pitfalls D2, D4 and D5 seen from there.
final class FollowerReadTests: XCTestCase {
    /// `a`, which follows `b`.
    private func follower(learners: [NodeID] = [], seed: UInt64 = 1) -> RaftNode {
        var node = Fixture.node(learners: learners, seed: seed)
        hear("b", &node)
        node.persistAll(now: .zero)
        return node
    }

    private func hear(_ leader: NodeID, term: Term = 1, _ node: inout RaftNode, now: Instant = .zero) {
        node.receive(.heartbeat(.init(term: term, commit: .zero, round: 1)), from: leader, now: now)
    }

    private func questions(_ readies: [Ready]) -> [ReadIndex] {
        readies.requests.compactMap {
            if case .readIndex(let question) = $0.request, $0.to == "b" { question } else { nil }
        }
    }

    private func reply(_ round: UInt64, _ index: LogIndex?, term: Term = 1) -> RPCReply {
        .readIndex(ReadIndex.Reply(term: term, round: round, index: index))
    }

    // MARK: Asking

    /// D4: a follower asks its leader, and settles with the leader's index, however far it is itself.
    func testD4AFollowerAsksItsLeader() {
        var node = follower()
        node.step(.read(1), now: .zero)
        let asked = questions(node.persistAll(now: .zero))
        XCTAssertEqual(asked.map(\.term), [1])
        XCTAssertEqual(RPCRequest.readIndex(asked[0]).lane, .control)
        node.receive(reply(asked[0].round, 7), from: "b")
        XCTAssertEqual(node.takeReady()?.settled, [.readable(1, 7)])
    }

    func testWithoutALeaderReadsAreRefused() {
        var node = Fixture.node()
        node.step(.read(1), now: .zero)
        XCTAssertEqual(node.takeReady()?.settled, [.rejected(1, .notLeader(leader: nil))])
        Fixture.makeCandidate(&node)
        node.step(.read(2), now: .zero)
        XCTAssertEqual(node.takeReady()?.settled, [.rejected(2, .notLeader(leader: nil))])
    }

    func testAWitnessReadsNothing() {
        var node = Fixture.node("w", of: ["a", "b"], witnesses: ["w"])
        hear("b", &node)
        node.step(.read(1), now: .zero)
        XCTAssertEqual(node.takeReady()?.settled, [.rejected(1, .notLeader(leader: "b"))])
    }

    /// One question at a time; what comes meanwhile shares the next.
    func testReadsShareQuestions() {
        var node = follower()
        for ticket in 1...3 as ClosedRange<UInt64> { node.step(.read(Ticket(ticket)), now: .zero) }
        let first = questions(node.persistAll(now: .zero))
        XCTAssertEqual(first.count, 1)
        for ticket in 4...6 as ClosedRange<UInt64> { node.step(.read(Ticket(ticket)), now: .zero) }
        XCTAssertEqual(questions(node.persistAll(now: .zero)), [])
        node.receive(reply(first[0].round, 7), from: "b")
        let readies = node.persistAll(now: .zero)
        XCTAssertEqual(readies.settled, (1...3).map { .readable(Ticket($0), 7) })
        let second = questions(readies)
        XCTAssertEqual(second.map(\.round), [first[0].round + 1])
        node.receive(reply(second[0].round, 8), from: "b")
        XCTAssertEqual(node.takeReady()?.settled, (4...6).map { .readable(Ticket($0), 8) })
    }

    /// A question, or its answer, that got lost is asked again at heartbeat pace, under the same number: so an answer
    /// that takes longer than that still counts.
    func testALostQuestionIsAskedAgain() {
        var node = follower()
        node.step(.read(1), now: .zero)
        let first = questions(node.persistAll(now: .zero))
        node.step(.undelivered(to: "b", lane: .control), now: .milliseconds(1))
        XCTAssertEqual(questions(node.persistAll(now: .milliseconds(1))), [])
        node.receive(reply(first[0].round, nil), from: "b", now: .milliseconds(2))
        hear("b", &node, now: .milliseconds(49))
        XCTAssertEqual(questions(node.persistAll(now: .milliseconds(49))), [])
        node.step(.deadline, now: .milliseconds(50))
        XCTAssertEqual(questions(node.persistAll(now: .milliseconds(50))), first)
        node.receive(reply(first[0].round, 9), from: "b", now: .milliseconds(51))
        XCTAssertEqual(node.takeReady()?.settled, [.readable(1, 9)])
    }

    func testTheShellIsToldWhenToAskAgain() {
        var node = follower()
        node.step(.read(1), now: .zero)
        XCTAssertEqual(node.takeReady()?.deadline, .milliseconds(50))
    }

    func testReadsThatWaitAreBounded() {
        var node = follower()
        var refused = 0
        for ticket in 1...70_000 as ClosedRange<UInt64> { node.step(.read(Ticket(ticket)), now: .zero) }
        for settlement in node.persistAll(now: .zero).settled {
            guard case .rejected(_, .overloaded) = settlement else { return XCTFail("\(settlement)") }
            refused += 1
        }
        XCTAssertEqual(refused, 70_000 - 65_536)
    }

    // MARK: Answers to something else

    /// D2: an answer to an earlier question, or of somebody else, settles nothing; one that comes twice settles once.
    func testD2OnlyTheAnswerToTheQuestionCounts() {
        var node = follower()
        node.step(.read(1), now: .zero)
        let round = questions(node.persistAll(now: .zero))[0].round
        node.receive(reply(round - 1, 7), from: "b")
        node.receive(reply(round + 1, 7), from: "b")
        node.receive(reply(round, 7), from: "c")
        XCTAssertEqual(node.takeReady()?.settled ?? [], [])
        node.receive(reply(round, 7), from: "b")
        node.receive(reply(round, 7), from: "b")
        XCTAssertEqual(node.takeReady()?.settled, [.readable(1, 7)])
        node.step(.read(2), now: .zero)
        node.persistAll(now: .zero)
        node.receive(reply(round, 7), from: "b")
        XCTAssertEqual(node.takeReady()?.settled ?? [], [])
    }

    /// D2: not even over a restart in the same term, with the same leader.
    func testD2AnAnswerFromBeforeARestartSettlesNothing() {
        var before = follower(seed: 1)
        before.step(.read(1), now: .zero)
        let old = questions(before.persistAll(now: .zero))[0]
        var after = follower(seed: 2)
        after.step(.read(1), now: .zero)
        let new = questions(after.persistAll(now: .zero))[0]
        XCTAssertNotEqual(old.round, new.round)
        after.receive(reply(old.round, 7), from: "b")
        XCTAssertEqual(after.takeReady()?.settled ?? [], [])
    }

    /// D5: with the leader go the reads that it was asked for, whoever comes next.
    func testD5WaitingReadsFailWithTheirLeader() {
        let ends: [(NodeID?, (inout RaftNode) -> Void)] = [
            (nil, { $0.receive(.readIndex(.init(term: 2, round: 1, index: nil)), from: "b") }),
            (nil, { $0.step(.refused("b"), now: .milliseconds(1)) }),
            (nil, { $0.step(.deadline, now: .milliseconds(400)) }),
            ("c", { self.hear("c", term: 2, &$0) }),
            ("b", { self.hear("b", term: 2, &$0) }),
        ]
        for (leader, end) in ends {
            var node = follower()
            node.step(.read(1), now: .zero)
            let round = questions(node.persistAll(now: .zero))[0].round
            node.step(.read(2), now: .zero)
            end(&node)
            let refused = [1, 2].map { Settlement.rejected(Ticket($0), .notLeader(leader: leader)) }
            XCTAssertEqual(node.persistAll(now: .milliseconds(400)).settled, refused)
            node.receive(reply(round, 7), from: "b", now: .milliseconds(400))
            XCTAssertEqual(node.persistAll(now: .milliseconds(400)).settled, [])
        }
    }

    // MARK: Answering

    private func leader(learners: [NodeID] = [], witnesses: [NodeID] = []) -> RaftNode {
        let voters: [NodeID] = witnesses.isEmpty ? ["a", "b", "c"] : ["a", "b"]
        var node = Fixture.node(of: voters, learners: learners, witnesses: witnesses)
        Fixture.elect(&node)
        for peer in voters.dropFirst() {
            node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 2))), from: peer)
        }
        node.persistAll(now: .zero)
        return node
    }

    private func replies(_ readies: [Ready]) -> [ReadIndex.Reply] {
        readies.flatMap { $0.announcements + $0.promises }.compactMap {
            if case .reply(.readIndex(let reply), _, _) = $0 { reply } else { nil }
        }
    }

    /// D3: the answer waits for a round of heartbeats begun after the question came.
    func testALeaderAnswersAfterARoundOfItsOwn() {
        for asker in ["c", "l"] as [NodeID] {
            var node = leader(learners: ["l"])
            let confirmed = RPCReply.heartbeat(.init(term: 2, round: 1))
            node.receive(.readIndex(.init(term: 2, round: 40)), from: asker)
            let readies = node.persistAll(now: .zero)
            XCTAssertEqual(replies(readies), [])
            let round = readies.heartbeats(to: "b").map(\.round).last ?? 0
            XCTAssertGreaterThan(round, 1)
            node.receive(confirmed, from: "b")
            XCTAssertEqual(replies(node.persistAll(now: .zero)), [])
            node.receive(.heartbeat(.init(term: 2, round: round)), from: "b")
            XCTAssertEqual(replies(node.persistAll(now: .zero)), [.init(term: 2, round: 40, index: 2)])
        }
    }

    /// D1: also for others, a leader that has committed nothing of its own waits.
    func testD1ANewLeaderAnswersOnlyAfterACommitOfItsOwn() {
        var node = Fixture.node()
        Fixture.elect(&node)
        node.receive(.readIndex(.init(term: 2, round: 40)), from: "c")
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "b")
        XCTAssertEqual(replies(node.persistAll(now: .zero)), [])
        node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 2))), from: "b")
        let round = node.persistAll(now: .zero).heartbeats(to: "b").map(\.round).last ?? 0
        node.receive(.heartbeat(.init(term: 2, round: round)), from: "b")
        XCTAssertEqual(replies(node.persistAll(now: .zero)), [.init(term: 2, round: 40, index: 2)])
    }

    func testAWitnessIsToldNothing() {
        var node = leader(witnesses: ["w"])
        let refusal = RPCReply.readIndex(.init(term: 2, round: 40, index: nil))
        XCTAssertEqual(node.answer(.readIndex(.init(term: 2, round: 40)), from: "w"), refusal)
    }

    func testWhoDoesNotLeadSaysSo() {
        var node = follower()
        let refusal = RPCReply.readIndex(.init(term: 1, round: 40, index: nil))
        XCTAssertEqual(node.answer(.readIndex(.init(term: 1, round: 40)), from: "c"), refusal)
        var leading = leader()
        let stale = RPCReply.readIndex(.init(term: 2, round: 40, index: nil))
        XCTAssertEqual(leading.answer(.readIndex(.init(term: 1, round: 40)), from: "c"), stale)
        let deposed = RPCReply.readIndex(.init(term: 3, round: 40, index: nil))
        XCTAssertEqual(leading.answer(.readIndex(.init(term: 3, round: 40)), from: "c"), deposed)
        XCTAssertEqual(leading.role, .follower)
    }

    /// D5: a leader that steps down answers the followers that wait, and tells them nothing.
    func testALeaderThatStepsDownRefuses() {
        var node = leader()
        node.receive(.readIndex(.init(term: 2, round: 40)), from: "c")
        node.persistAll(now: .zero)
        node.receive(.heartbeat(.init(term: 3, commit: .zero, round: 1)), from: "b")
        guard let ready = node.takeReady() else { return XCTFail("nothing to do") }
        XCTAssertEqual(replies([ready]), [.init(term: 3, round: 40, index: nil)])
        XCTAssertEqual(ready.announcements, [], "it tells its new term once that is on disk")
    }

    // MARK: Together

    /// A read on a backup sees what the primary has acknowledged, with nothing but what a round takes.
    func testABackupSeesWhatWasAcknowledged() {
        var network = Network(voters: ["a", "b", "c"], learners: ["l"])
        network.elect("a")
        for _ in 0..<20 {
            _ = network.propose(at: "a")
            network.settle()
            for id in ["b", "c", "l"] as [NodeID] {
                let read = network.read(at: id)
                network.settle()
                guard case .readable(_, let index) = network.outcome(read) else { return XCTFail("\(id)") }
                XCTAssertEqual(index, network.checker.acknowledged)
                XCTAssertEqual(network[id].applied, index, "the round itself brought the news")
            }
        }
        XCTAssertEqual(network.checker.violations, [])
    }

    /// The leader is cut off from the others, but not from the asker's connection: it must not answer.
    func testACutOffLeaderAnswersNoFollower() {
        var network = Network(voters: ["a", "b", "c", "d", "e"])
        network.elect("a")
        for id in ["c", "d", "e"] as [NodeID] { network.cuts += [("a", id), (id, "a")] }
        network.reportsLosses = false
        let read = network.read(at: "b")
        network.settle()
        XCTAssertNil(network.outcome(read))
        network.run(for: .seconds(2))
        guard case .rejected(_, .notLeader) = network.outcome(read) else {
            return XCTFail(network.outcome(read).debugDescription)
        }
        XCTAssertEqual(network.checker.violations, [])
    }
}
