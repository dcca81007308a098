import Raft
import XCTest

/// Mistakes that other Raft implementations made in their logs and commits, each as a scenario. The letters are those
/// of
/// the project's list of pitfalls.
final class LogPitfallTests: XCTestCase {
    private func accepted(_ match: LogIndex, term: Term = 2) -> RPCReply {
        .appendEntries(.init(term: term, outcome: .accepted(match: match)))
    }

    /// A1, the paper's figure 8: an entry of term 2 on a majority is not committed by a leader of term 4, until an
    /// entry
    /// of term 4 is.
    func testA1AnOldTermsEntryOnAMajorityIsNotCommitted() {
        var node = Fixture.node(of: ["a", "b", "c", "d", "e"], terms: [1, 2], term: 3)
        Fixture.elect(&node)
        XCTAssertEqual(node.status.term, 4)
        for peer in ["b", "c", "d", "e"] as [NodeID] { node.receive(accepted(2, term: 4), from: peer) }
        XCTAssertEqual(node.status.commit, .zero)
        for peer in ["b", "c"] as [NodeID] { node.receive(accepted(3, term: 4), from: peer) }
        XCTAssertEqual(node.status.commit, 3)
    }

    /// A2: an empty append proves nothing about what lies beyond it.
    func testA2AnEmptyAppendDoesNotCommitADivergentTail() {
        var node = Fixture.node(terms: [1, 1, 1])
        let append = AppendEntries(term: 2, previous: EntryID(term: 1, index: 1), entries: [], commit: 3)
        XCTAssertEqual(
            node.answer(.appendEntries(append), from: "b"),
            .appendEntries(.init(term: 2, outcome: .accepted(match: 1)))
        )
        XCTAssertEqual(node.status.commit, 1)
    }

    /// A3: a heartbeat never commits more than the follower is known to hold.
    func testA3AHeartbeatCommitsNoMoreThanTheFollowerHolds() {
        var node = Fixture.node(terms: [1, 1, 1])
        Fixture.elect(&node)
        node.receive(accepted(4), from: "b")
        node.receive(accepted(2), from: "c")
        node.persistAll(now: .zero)
        node.step(.deadline, now: .milliseconds(50))
        let readies = node.persistAll(now: .milliseconds(50))
        XCTAssertEqual(readies.heartbeats(to: "b").map(\.commit), [4])
        XCTAssertEqual(readies.heartbeats(to: "c").map(\.commit), [2])
    }

    /// A4: an old, repeated or shorter append whose entries are all there changes nothing.
    func testA4ARepeatedAppendLeavesTheLogUntouched() {
        var node = Fixture.node(terms: [1, 1, 1, 1])
        let log = Fixture.entries(terms: [1, 1, 1, 1])
        node.receive(.heartbeat(.init(term: 1, commit: .zero, round: 1)), from: "b")
        node.persistAll(now: .zero)
        for end in 1...4 {
            for start in 0..<end {
                let append = AppendEntries(
                    term: 1,
                    previous: start == 0 ? .zero : log[start - 1].id,
                    entries: Array(log[start..<end]),
                    commit: .zero
                )
                node.receive(.appendEntries(append), from: "b")
                let ready = node.takeReady()
                XCTAssertNil(ready?.persist)
                XCTAssertEqual(
                    ready?.promises,
                    [
                        .reply(
                            accepted(LogIndex(UInt64(end)), term: 1),
                            to: "b",
                            token: ReplyToken(0)
                        )
                    ]
                )
            }
        }
        XCTAssertEqual(node.status.last, EntryID(term: 1, index: 4))
    }

    /// A5: a real conflict removes the whole tail, also what lies beyond the new entries.
    func testA5AConflictRemovesTheWholeTail() {
        var node = Fixture.node(terms: [1, 1, 1, 1])
        let entry = Fixture.entries(terms: [1, 3])[1]
        node.receive(
            .appendEntries(
                AppendEntries(term: 3, previous: EntryID(term: 1, index: 1), entries: [entry], commit: .zero)
            ),
            from: "b"
        )
        let persist = node.takeReady()?.persist
        XCTAssertEqual(persist?.truncateAfter, 1)
        XCTAssertEqual(persist?.entries, [entry])
        XCTAssertEqual(node.status.last, EntryID(term: 3, index: 2))
    }

    /// A6: what lies below the base is committed: no conflict, nothing to delete, no crash.
    func testA6AnAppendFromBelowTheBaseIsNoConflict() {
        let log = Fixture.entries(terms: [1, 1, 1, 2, 2, 2])
        let restored = RestoredState(
            hardState: HardState(term: 2, vote: nil),
            cluster: Fixture.cluster,
            membership: Fixture.membership(voters: ["a", "b", "c"]),
            laterMemberships: [],
            base: log[3].id,
            baseChain: log[3].chain,
            termRuns: [TermRun(firstIndex: 5, term: 2)],
            lastIndex: 5,
            applied: 4,
            chains: [log[3].chain, log[4].chain]
        )
        for (start, end) in [(0, 0), (0, 2), (1, 4), (2, 5), (0, 6), (4, 6), (3, 3), (4, 4)] {
            var node = RaftNode(
                identity: Fixture.identity("a"),
                settings: Settings(),
                seed: 1,
                restored: restored,
                now: .zero
            )
            let append = AppendEntries(
                term: 2,
                previous: start == 0 ? .zero : log[start - 1].id,
                entries: Array(log[start..<end]),
                commit: .zero
            )
            XCTAssertEqual(
                node.answer(.appendEntries(append), from: "b"),
                accepted(LogIndex(UInt64(end))),
                "\(start)..<\(end)"
            )
            XCTAssertEqual(node.status.last.index, LogIndex(UInt64(max(5, end))))
            XCTAssertEqual(node.corruptAppends, 0)
            XCTAssertNil(node.fault)
        }
    }

    /// A7: what contradicts a committed entry stops the node. It says nothing any more.
    func testA7AConflictWithACommittedEntryStopsTheNode() {
        let conflicting = Fixture.entries(terms: [1, 2, 3])
        let appends = [
            AppendEntries(term: 3, previous: conflicting[0].id, entries: [conflicting[1]], commit: .zero),
            AppendEntries(term: 3, previous: conflicting[1].id, entries: [conflicting[2]], commit: .zero),
        ]
        for append in appends {
            var node = Fixture.node(terms: [1, 1, 1], applied: 2)
            node.receive(.appendEntries(append), from: "b")
            XCTAssertEqual(node.fault?.code, .committedEntryConflicts)
            XCTAssertNil(node.takeReady())
            XCTAssertEqual(node.status.last.index, 3)
            node.step(.campaign, now: .milliseconds(1000))
            XCTAssertNil(node.takeReady())
        }
    }

    /// A8: only an accepted append proves what a follower holds.
    func testA8OnlyAcceptedAppendsRaiseAMatch() {
        var node = Fixture.node(terms: [1, 1])
        Fixture.elect(&node)
        let match = { (node: RaftNode) in node.status.peers.first { $0.id == "b" }?.match }
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "b")
        XCTAssertEqual(match(node), 0)
        node.receive(
            .appendEntries(.init(term: 2, outcome: .conflict(rejected: 2, hint: EntryID(term: 1, index: 1)))),
            from: "b"
        )
        XCTAssertEqual(match(node), 0)
        node.receive(accepted(99), from: "b")
        XCTAssertEqual(match(node), 0)
        node.receive(accepted(3), from: "b")
        node.receive(accepted(1), from: "b")
        XCTAssertEqual(match(node), 3)
        // A refusal that is older than what was proved since.
        node.receive(.appendEntries(.init(term: 2, outcome: .conflict(rejected: 2, hint: .zero))), from: "b")
        XCTAssertEqual(match(node), 3)
    }

    /// A9: the next entry to send is always above the match.
    func testA9NextIsAboveMatchWhateverIsAnswered() {
        var random = SplitMix64(seed: 9)
        var node = Fixture.node(terms: [1, 1, 1, 1, 1])
        Fixture.elect(&node)
        for _ in 0..<5000 {
            let index = LogIndex(random.next(below: 8))
            let hint = EntryID(term: Term(random.next(below: 3)), index: LogIndex(random.next(below: 8)))
            switch random.next(below: 4) {
            case 0: node.receive(accepted(index), from: "b")
            case 1:
                node.receive(
                    .appendEntries(.init(term: 2, outcome: .conflict(rejected: index, hint: hint))),
                    from: "b"
                )
            case 2: node.step(.undelivered(to: "b", lane: .append), now: .zero)
            default: node.receive(.heartbeat(.init(term: 2, round: 1)), from: "b")
            }
            node.persistAll(now: .zero)
            for peer in node.status.peers { XCTAssertGreaterThan(peer.next, peer.match) }
        }
    }

    /// A10: ten thousand divergent entries are found in a round trip or two a term, and what is sent has no holes.
    func testA10TenThousandDivergentEntriesTakeATripATerm() {
        // A thousand entries each of the terms 3, 5, … 21 here, of 2, 4, … 20 there.
        let mine = [1] + (0..<10_000).map { 3 + 2 * UInt64($0 / 1000) }
        let others = [1] + (0..<10_000).map { 2 + 2 * UInt64($0 / 1000) }
        var network = Network(voters: ["a", "b"], logs: ["a": mine, "b": others])
        network.step("a", .campaign)
        var conflicts = 0
        while !network.packets.isEmpty {
            if case .reply(.appendEntries(let reply), _) = network.packets[0].body, case .conflict = reply.outcome {
                conflicts += 1
            }
            network.deliver(at: 0)
        }
        XCTAssertEqual(network.leader, "a")
        XCTAssertEqual(network["b"].disk.log, network["a"].disk.log)
        XCTAssertGreaterThan(conflicts, 0)
        XCTAssertLessThanOrEqual(conflicts, 2 * 10)
        XCTAssertEqual(network.checker.violations, [])
    }

    /// A11: a leader's own copy counts when it is on its own disk, not before.
    func testA11ALeaderCountsItselfOnlyForWhatIsOnItsDisk() {
        var node = Fixture.node()
        Fixture.elect(&node)
        node.step(.propose(Proposal(ticket: 1, payloads: [[1]])), now: .zero)
        guard let token = node.takeReady()?.persist?.token else { return XCTFail("nothing to write") }
        node.receive(accepted(3), from: "b")
        XCTAssertEqual(node.status.commit, 2, "its own write of 3 is pending")
        // The others are a quorum without it; but this node applies only what it holds.
        node.receive(accepted(3), from: "c")
        XCTAssertEqual(node.status.commit, 3)
        XCTAssertEqual(node.takeReady()?.committed, 1...2)
        node.step(.persisted(token), now: .zero)
        let ready = node.takeReady()
        XCTAssertEqual(ready?.committed, 3...3)
        XCTAssertEqual(ready?.settled, [.committed(1, indexes: 3...3, copies: 3)])
    }

    /// A12: every append in the window is lost and nobody says so: an empty one, after a heartbeat was answered, starts
    /// the flow again.
    func testA12ALostWindowIsRecoveredByAnEmptyAppend() {
        var node = Fixture.node(settings: Settings(appendsInFlightMax: 2))
        Fixture.elect(&node)
        node.receive(accepted(2), from: "b")
        for ticket in 1...4 as ClosedRange<UInt64> {
            node.step(.propose(Proposal(ticket: Ticket(ticket), payloads: [[1]])), now: .zero)
            node.persistAll(now: .zero)
        }
        XCTAssertEqual(node.status.peers[0].next, 5, "two in flight, the window is full")
        let later = Instant.milliseconds(299)
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "b", now: later)
        XCTAssertEqual(node.persistAll(now: later).appends(to: "b"), [], "an answer may still come")
        let late = Instant.milliseconds(300)
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "b", now: late)
        let probes = node.persistAll(now: late).appends(to: "b")
        XCTAssertEqual(probes.map(\.previous.index), [2])
        XCTAssertEqual(probes.map(\.entries.count), [0])
        node.receive(accepted(2), from: "b", now: late)
        XCTAssertEqual(node.persistAll(now: late).appends(to: "b").flatMap(\.entries).map(\.index), [3, 4, 5, 6])
    }

    /// A12, with a network that tells: nothing is sent until the peer is heard again.
    func testA12AnUndeliveredAppendWaitsForTheNextHeartbeat() {
        var node = Fixture.node()
        Fixture.elect(&node)
        node.step(.undelivered(to: "b", lane: .append), now: .zero)
        node.step(.propose(Proposal(ticket: 1, payloads: [[1]])), now: .zero)
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b"), [])
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").flatMap(\.entries).map(\.index), [2, 3])
    }

    /// A14: a leader that is cut off under load keeps a bounded amount, refuses the rest, and steps down.
    func testA14ACutOffLeaderUnderLoadStaysSmall() {
        var network = Network(settings: Settings(uncommittedBytesMax: 10_000))
        network.elect("a")
        network.isolate("a")
        let tickets = (0..<200).map { _ in network.propose(at: "a", bytes: 1000) }
        let refused = tickets.filter { network.outcome($0) == .rejected($0, .overloaded) }
        XCTAssertEqual(network.status("a").pendingProposals, 9)
        XCTAssertEqual(refused.count, 191)
        network.run(for: .milliseconds(151))
        XCTAssertNotEqual(network.status("a").role, .leader)
        // One proposal of any size is taken where nothing else is pending.
        network.cuts = []
        let leader = network.runUntilLeader() ?? "a"
        network.run(for: .milliseconds(100))
        let large = network.propose(at: leader, bytes: 50_000)
        network.settle()
        guard case .committed = network.outcome(large) else { return XCTFail("\(network.status(leader))") }
        XCTAssertEqual(network.checker.violations, [])
    }
}
