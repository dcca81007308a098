import Raft
import XCTest

/// S12: whose history is not that of a majority stops, and nobody else does.
final class HistoryTests: XCTestCase {
    /// A cluster whose nodes all have ten entries and more, every one committed.
    private func cluster(
        voters: [NodeID] = ["a", "b", "c"],
        learners: [NodeID] = [],
        witnesses: [NodeID] = []
    ) -> Network {
        var network = Network(voters: voters, learners: learners, witnesses: witnesses)
        network.elect("a")
        for _ in 0..<10 { _ = network.propose(at: "a") }
        network.run(for: .milliseconds(500))
        return network
    }

    private func rewrite(_ id: NodeID, from index: LogIndex = 5, in network: inout Network) {
        network.crash(id)
        network.rewrite(id, from: index)
    }

    private func hasStopped(
        _ network: Network,
        _ id: NodeID,
        _ verdict: HistoryVerdict = .majority,
        file: StaticString = #filePath,
        line: UInt = #line
    ) {
        let status = network.status(id)
        XCTAssertEqual(status.historyDifference?.verdict, verdict, "\(id)", file: file, line: line)
        XCTAssertNil(status.leader, "\(id)", file: file, line: line)
        XCTAssertEqual(status.role, .follower, "\(id)", file: file, line: line)
    }

    private func goesOn(_ network: inout Network, file: StaticString = #filePath, line: UInt = #line) {
        guard let leader = network.runUntilLeader() else { return XCTFail("no leader", file: file, line: line) }
        let (write, read) = (network.propose(at: leader), network.read(at: leader))
        network.run(for: .seconds(2))
        XCTAssertNil(network.status(leader).historyDifference, file: file, line: line)
        guard case .committed = network.outcome(write), case .readable = network.outcome(read) else {
            return XCTFail("\(network.status(leader))", file: file, line: line)
        }
        XCTAssertEqual(network.checker.violations, [], file: file, line: line)
    }

    // MARK: Three voters

    func testTheBackupThatDiffersStops() {
        var network = cluster()
        rewrite("c", in: &network)
        network.start("c")
        network.run(for: .milliseconds(200))
        hasStopped(network, "c")
        XCTAssertEqual(network["c"].applied, .zero)
        XCTAssertTrue(network.status("a").peers.contains { $0.id == "c" && $0.historyDiffers })
        goesOn(&network)
        hasStopped(network, "c")
    }

    func testTheNextLeaderHearsWhyItIsSilent() {
        var network = cluster()
        rewrite("c", in: &network)
        network.start("c")
        network.run(for: .milliseconds(200))
        hasStopped(network, "c")
        _ = network.transfer(at: "a", to: "b")
        network.run(for: .milliseconds(200))
        XCTAssertEqual(network.leader, "b")
        XCTAssertTrue(network.status("b").peers.contains { $0.id == "c" && $0.historyDiffers })
    }

    func testItIsFoundAgainAfterEveryStart() {
        var network = cluster()
        rewrite("c", in: &network)
        for _ in 0..<3 {
            network.start("c")
            network.run(for: .milliseconds(200))
            hasStopped(network, "c")
            network.crash("c")
        }
        goesOn(&network)
    }

    func testTheLeaderThatDiffersStopsAndAnotherLeads() {
        var network = cluster()
        for id in ["a", "b", "c"] as [NodeID] { network.crash(id) }
        network.rewrite("a", from: 5)
        for id in ["a", "b", "c"] as [NodeID] { network.start(id) }
        network.elect("a")
        hasStopped(network, "a")
        goesOn(&network)
        XCTAssertNotEqual(network.leader, "a")
        XCTAssertEqual(network["a"].applied, .zero)
    }

    func testWhoHasStoppedNeitherVotesNorAcknowledgesNorCampaigns() {
        var network = cluster()
        rewrite("c", in: &network)
        network.start("c")
        network.run(for: .milliseconds(200))
        let (term, last) = (network.status("c").term, network["c"].disk.lastIndex)
        let requests: [RPCRequest] = [
            .requestVote(RequestVote(term: term.next, isPreVote: false, lastEntry: EntryID(term: 9, index: 90))),
            .requestVote(RequestVote(term: term.next, isPreVote: true, lastEntry: EntryID(term: 9, index: 90))),
            .appendEntries(
                AppendEntries(term: term, previous: network["c"].disk.log[1].id, entries: [], commit: .zero)
            ),
            .timeoutNow(TimeoutNow(term: term)), .readIndex(ReadIndex(term: term, round: 1)),
        ]
        guard var node = network["c"].node else { return XCTFail("c is down") }
        for (place, request) in requests.enumerated() {
            node.receive(request, from: "b", token: UInt64(100 + place), now: network.now)
            let readies = node.persistAll(now: network.now)
            XCTAssertEqual(readies.flatMap(\.dropped), [ReplyToken(UInt64(100 + place))])
            XCTAssertEqual(readies.flatMap { $0.announcements + $0.promises }, [])
        }
        node.step(.deadline, now: network.now + .seconds(9))
        node.step(.campaign, now: network.now + .seconds(9))
        XCTAssertEqual(node.persistAll(now: network.now + .seconds(9)).requests.count, 0)
        node.step(.read(7), now: network.now + .seconds(9))
        XCTAssertEqual(node.takeReady()?.settled, [.rejected(7, .notLeader(leader: nil))])
        XCTAssertEqual(node.status.term, term)
        XCTAssertEqual(node.status.last.index, last)
    }

    // MARK: Nobody can tell yet

    /// a and c differ, and b is away: neither serves, until b says who is right.
    func testTwoThatDifferWaitForTheThird() {
        var network = cluster()
        for id in ["a", "b", "c"] as [NodeID] { network.crash(id) }
        network.rewrite("c", from: 5)
        network.start("a")
        network.start("c")
        network.elect("a")
        network.run(for: .seconds(1))
        for id in ["a", "c"] as [NodeID] {
            XCTAssertEqual(network.status(id).historyDifference?.verdict, .open, "\(id)")
        }
        XCTAssertEqual(network.status("a").role, .leader, "it looks out for the third")
        let (write, read, other) = (network.propose(at: "a"), network.read(at: "a"), network.read(at: "c"))
        network.run(for: .milliseconds(50))
        XCTAssertEqual(network.outcome(write), .rejected(write, .noQuorum))
        XCTAssertEqual(network.outcome(read), .rejected(read, .noQuorum))
        XCTAssertEqual(network.outcome(other), .rejected(other, .notLeader(leader: "a")))

        network.start("b")
        network.run(for: .milliseconds(300))
        hasStopped(network, "c")
        XCTAssertNil(network.status("a").historyDifference)
        goesOn(&network)
    }

    /// b lacks what a and c differ in: if a sent it, b would only repeat what a says.
    func testWhoTakesTheEntriesInDisputeFromOneIsNoWitnessForIt() {
        var network = cluster()
        network.crash("b")
        let last = network["b"].disk.lastIndex
        for _ in 0..<5 { _ = network.propose(at: "a") }
        network.run(for: .milliseconds(200))
        network.crash("a")
        rewrite("c", from: last.advanced(by: 2), in: &network)
        for id in ["a", "b", "c"] as [NodeID] { network.start(id) }
        network.elect("a")
        network.run(for: .seconds(3))
        XCTAssertEqual(network.status("a").historyDifference?.verdict, .open)
        XCTAssertEqual(network.status("c").historyDifference?.verdict, .open)
        XCTAssertEqual(network["b"].disk.lastIndex, last)
    }

    /// b lacks the end, but has what a and c differ in first.
    func testAThirdThatLagsDecidesByWhatItHas() {
        var network = cluster()
        network.crash("b")
        for _ in 0..<5 { _ = network.propose(at: "a") }
        network.run(for: .milliseconds(200))
        network.crash("a")
        rewrite("c", in: &network)
        for id in ["a", "b", "c"] as [NodeID] { network.start(id) }
        network.elect("a")
        network.run(for: .seconds(1))
        hasStopped(network, "c")
        goesOn(&network)
        XCTAssertEqual(network["b"].disk.log.map(\.chain), network["a"].disk.log.map(\.chain))
    }

    // MARK: Pairs

    func testInAPairBothStop() {
        for odd in ["a", "b"] as [NodeID] {
            var network = cluster(voters: ["a", "b"])
            network.crash("a")
            network.crash("b")
            network.rewrite(odd, from: 5)
            network.start("a")
            network.start("b")
            network.elect("a")
            hasStopped(network, "a", .nobody)
            hasStopped(network, "b", .nobody)
            XCTAssertNil(network.runUntilLeader())
        }
    }

    /// That it agreed before it was changed says nothing for the one that asks.
    func testWhatANodeSaidBeforeDoesNotCountAgainstIt() {
        var network = cluster(voters: ["a", "b"])
        rewrite("b", in: &network)
        network.start("b")
        network.run(for: .milliseconds(100))
        hasStopped(network, "b", .nobody)
        hasStopped(network, "a", .nobody)
    }

    func testTheAnswerOfOneThatHasStoppedIsNotNeeded() {
        var network = cluster(voters: ["a", "b"])
        rewrite("b", in: &network)
        network.start("b")
        network.cuts = [("b", "a")]
        network.run(for: .milliseconds(50))
        hasStopped(network, "b", .nobody)
        network.cuts = []
        network.run(for: .milliseconds(400))
        if network.status("a").historyDifference == nil { network.elect("a") }
        XCTAssertTrue(network.status("a").historyDifference != nil || network.leader == nil)
    }

    // MARK: With a witness

    func testTheWitnessDecidesAgainstTheBackup() {
        var network = cluster(voters: ["a", "b"], witnesses: ["w"])
        rewrite("b", in: &network)
        network.start("b")
        network.run(for: .milliseconds(300))
        hasStopped(network, "b")
        network.run(for: .seconds(2))
        XCTAssertTrue(network.status("a").isDegraded)
        goesOn(&network)
    }

    func testTheWitnessDecidesAgainstThePrimary() {
        var network = cluster(voters: ["a", "b"], witnesses: ["w"])
        for id in ["a", "b", "w"] as [NodeID] { network.crash(id) }
        network.rewrite("a", from: 5)
        for id in ["a", "b", "w"] as [NodeID] { network.start(id) }
        network.elect("a")
        network.run(for: .seconds(1))
        hasStopped(network, "a")
        goesOn(&network)
        XCTAssertEqual(network.leader, "b")
    }

    /// A witness checks no payload: it must not take entries that stand on another history than its own, or the next
    /// vote would be for them.
    func testAWitnessTakesNoEntriesOfAnotherHistory() {
        var network = cluster(voters: ["a", "b"], witnesses: ["w"])
        for id in ["a", "b", "w"] as [NodeID] { network.crash(id) }
        network.rewrite("a", from: 5)
        network.start("a")
        network.start("w")
        let before = network["w"].disk.lastIndex
        network.elect("a")
        network.run(for: .seconds(3))
        XCTAssertEqual(network["w"].disk.lastIndex, before)
        XCTAssertEqual(network.status("a").historyDifference?.verdict, .open)
        network.start("b")
        network.run(for: .seconds(1))
        hasStopped(network, "a")
        goesOn(&network)
    }

    func testTheWitnessThatDiffersStops() {
        var network = cluster(voters: ["a", "b"], witnesses: ["w"])
        rewrite("w", in: &network)
        network.start("w")
        network.run(for: .milliseconds(300))
        hasStopped(network, "w")
        goesOn(&network)
    }

    // MARK: Learners

    func testALearnerThatDiffersStopsAndHasNoSay() {
        for voters in [["a"], ["a", "b"], ["a", "b", "c"]] as [[NodeID]] {
            var network = cluster(voters: voters, learners: ["l"])
            rewrite("l", in: &network)
            network.start("l")
            network.run(for: .milliseconds(300))
            hasStopped(network, "l")
            XCTAssertTrue(network.status("a").peers.contains { $0.id == "l" && $0.historyDiffers })
            goesOn(&network)
        }
    }

    // MARK: What is no longer known

    /// The leader removed its beginning, and so did nobody else.
    func testALogThatWasTrimmedIsComparedByWhatIsLeft() {
        var network = cluster()
        network.trim("a", through: 3)
        rewrite("c", in: &network)
        network.start("c")
        network.run(for: .milliseconds(200))
        hasStopped(network, "c")
        goesOn(&network)
    }

    func testASnapshotOfAnotherHistoryIsNotTaken() {
        var node = Fixture.node(terms: [1, 1, 1])
        let last = Fixture.entries(terms: [1, 1])[1]
        let snapshot = Snapshot(
            last: last.id,
            chain: ChainValue(last.chain.rawValue ^ 1),
            membership: node.membership,
            state: []
        )
        node.receive(.installSnapshot(InstallSnapshot(term: 1, snapshot: snapshot)), from: "b", token: 3)
        XCTAssertEqual(node.takeReady()?.dropped, [ReplyToken(3)])
        XCTAssertEqual(node.status.historyDifference?.entry, last.id)
    }

    /// What only an append showed, the leader hears with the next heartbeat.
    func testWhatAnAppendShowedIsSaidInTheNextHeartbeat() {
        var node = Fixture.node(terms: [1, 1, 1])
        let log = Fixture.entries(terms: [1, 1, 1])
        let there = ChainValue(log[2].chain.rawValue ^ 1)
        let entries = Fixture.entries(terms: [2], after: log[2].id, chain: there)
        let append = AppendEntries(
            term: 2,
            previous: log[2].id,
            previousChain: there,
            entries: entries,
            commit: .zero
        )
        node.receive(.appendEntries(append), from: "b", token: 3)
        XCTAssertEqual(node.persistAll(now: .zero).flatMap(\.dropped), [ReplyToken(3)])
        XCTAssertEqual(node.corruptAppends, 0)
        XCTAssertEqual(node.status.last, log[2].id)

        var history = Heartbeat.Comparison()
        history.different = HistoryMark(entry: log[2].id, chain: there)
        history.own = log[2].chain
        let reply = Heartbeat.Reply(term: 2, round: 4, history: history)
        let answer = node.answer(.heartbeat(Heartbeat(term: 2, commit: .zero, round: 4)), from: "b")
        XCTAssertEqual(answer, .heartbeat(reply))
    }

    /// Of another leader nothing is known yet.
    func testWhatOneLeaderShowedIsNotHeldAgainstTheNext() {
        var node = Fixture.node(terms: [1, 1, 1])
        let last = Fixture.entries(terms: [1, 1, 1])[2]
        let other = HistoryMark(entry: last.id, chain: ChainValue(last.chain.rawValue ^ 1))
        _ = node.answer(.heartbeat(Heartbeat(term: 2, commit: .zero, round: 1, mark: other)), from: "b")
        XCTAssertEqual(node.status.historyDifference?.verdict, .open)
        let silent = node.answer(.heartbeat(Heartbeat(term: 3, commit: .zero, round: 1)), from: "c")
        XCTAssertEqual(silent, .heartbeat(Heartbeat.Reply(term: 3, round: 1)))
        XCTAssertNotNil(node.status.historyDifference, "nobody has said that it is right")

        let same = HistoryMark(entry: last.id, chain: last.chain)
        _ = node.answer(.heartbeat(Heartbeat(term: 3, commit: 3, round: 2, mark: same)), from: "c")
        XCTAssertNil(node.status.historyDifference)
        XCTAssertEqual(node.status.commit, 3)
    }

    /// In a member's eyes a candidate's other history may be the right one; what it has is not committed by its word.
    func testNothingIsCommittedOnTheWordOfAnotherHistory() {
        var node = Fixture.node(terms: [1, 1, 1])
        let last = Fixture.entries(terms: [1, 1, 1])[2]
        let other = HistoryMark(entry: last.id, chain: ChainValue(last.chain.rawValue ^ 1))
        _ = node.answer(.heartbeat(Heartbeat(term: 2, commit: 3, round: 1, mark: other)), from: "b")
        XCTAssertEqual(node.status.commit, .zero)
    }

    /// An entry of another term at that index is an ordinary conflict, and is replaced.
    func testAnotherEntryAtTheSameIndexIsNoOtherHistory() {
        var node = Fixture.node(terms: [1, 2])
        let leaders = Fixture.entries(terms: [1, 3])
        let mark = HistoryMark(entry: leaders[1].id, chain: leaders[1].chain)
        let answer = node.answer(
            .heartbeat(Heartbeat(term: 3, commit: .zero, round: 1, mark: mark, verdict: .majority)),
            from: "b"
        )
        XCTAssertEqual(answer, .heartbeat(Heartbeat.Reply(term: 3, round: 1)))
        XCTAssertNil(node.status.historyDifference)
    }
}
