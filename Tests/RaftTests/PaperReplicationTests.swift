import Raft
import XCTest

/// Sentences of the Raft paper (extended version), §5.3 and §5.4.2, each as a test.
final class PaperReplicationTests: XCTestCase {
    private func accepted(_ match: LogIndex, term: Term = 2) -> RPCReply {
        .appendEntries(.init(term: term, outcome: .accepted(match: match)))
    }

    private func leader(of size: Int = 3, terms: [UInt64] = [1], term: Term? = nil) -> RaftNode {
        let names = (["a", "b", "c", "d", "e"] as [NodeID]).prefix(size)
        var node = Fixture.node(of: Array(names), terms: terms, term: term)
        Fixture.elect(&node)
        return node
    }

    // MARK: The leader

    /// "The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel to each of
    /// the other servers to replicate the entry."
    func testALeaderStartsReplicationAtOnce() {
        var node = leader()
        for peer in ["b", "c"] as [NodeID] { node.receive(accepted(2), from: peer) }
        node.persistAll(now: .zero)
        node.step(.propose(Proposal(ticket: 1, payloads: [[42]])), now: .zero)
        guard let ready = node.takeReady() else { return XCTFail("nothing to do") }
        XCTAssertEqual(ready.persist?.entries.map(\.payload), [[42]])
        for peer in ["b", "c"] as [NodeID] {
            let append = [ready].appends(to: peer).first
            XCTAssertEqual(append?.previous, EntryID(term: 2, index: 2))
            XCTAssertEqual(append?.entries, ready.persist?.entries)
            XCTAssertEqual(append?.commit, 2)
        }
        // Beside its own disk, not after it.
        XCTAssertEqual(ready.promises, [])
    }

    /// "When the entry has been safely replicated, the leader applies the entry to its state machine and returns the
    /// result of that execution to the client."
    func testALeaderCommitsWhatIsSafelyReplicated() {
        var node = leader()
        node.receive(accepted(2), from: "b")
        node.persistAll(now: .zero)
        node.step(.propose(Proposal(ticket: 1, payloads: [[42]])), now: .zero)
        XCTAssertEqual(node.persistAll(now: .zero).settled, [])
        node.receive(accepted(3), from: "b")
        let ready = node.takeReady()
        XCTAssertEqual(ready?.committed, 3...3)
        XCTAssertEqual(ready?.settled, [.committed(1, indexes: 3...3, copies: 2)])
        XCTAssertEqual(node.entries(in: 3...3)?.map(\.payload), [[42]])
    }

    /// "A log entry is committed once the leader that created the entry has replicated it on a majority of the
    /// servers".
    func testAMajorityOfCopiesCommits() {
        let cases: [(size: Int, acknowledged: [NodeID], committed: Bool)] = [
            (1, [], true),
            (2, [], false), (2, ["b"], true),
            (3, [], false), (3, ["b"], true), (3, ["c"], true), (3, ["b", "c"], true),
            (4, [], false), (4, ["b"], false), (4, ["b", "c"], true), (4, ["b", "c", "d"], true),
            (5, [], false), (5, ["b"], false), (5, ["b", "c"], true), (5, ["d", "e"], true),
            (5, ["b", "c", "d"], true),
        ]
        for (size, acknowledged, committed) in cases {
            var node = leader(of: size)
            for peer in acknowledged { node.receive(accepted(2), from: peer) }
            XCTAssertEqual(node.status.commit == 2, committed, "\(acknowledged) of \(size)")
        }
    }

    /// "This also commits all preceding entries in the leader’s log, including entries created by previous leaders."
    func testACommitCommitsAllPrecedingEntries() {
        for terms in [[1], [1, 2], [1, 1, 2, 2]] as [[UInt64]] {
            var node = leader(terms: terms)
            let last = LogIndex(UInt64(terms.count) + 1)
            node.receive(accepted(last, term: node.status.term), from: "b")
            XCTAssertEqual(node.takeReady()?.committed, 1...last)
        }
    }

    /// "Raft never commits log entries from previous terms by counting replicas. Only log entries from the leader’s
    /// current term are committed by counting replicas" (A1).
    func testALeaderOnlyCommitsEntriesOfItsOwnTermByCounting() {
        for (match, commit) in [(1, 0), (2, 0), (3, 3)] as [(LogIndex, LogIndex)] {
            var node = leader(terms: [1, 2], term: 2)
            node.receive(accepted(match, term: 3), from: "b")
            XCTAssertEqual(node.status.commit, commit)
        }
    }

    // MARK: The follower

    /// "Once a follower learns that a log entry is committed, it applies the entry to its local state machine (in log
    /// order)."
    func testAFollowerAppliesWhatIsCommitted() {
        for commit in 0...3 as ClosedRange<UInt64> {
            var node = Fixture.node()
            let entries = Array(Fixture.entries(terms: [1, 1, 1])[1...])
            node.receive(
                .appendEntries(
                    AppendEntries(
                        term: 1,
                        previous: EntryID(term: 1, index: 1),
                        entries: entries,
                        commit: LogIndex(commit)
                    )
                ),
                from: "b"
            )
            let applied = node.persistAll(now: .zero).compactMap(\.committed).flatMap { Array($0) }
            XCTAssertEqual(applied, commit == 0 ? [] : Array(1...LogIndex(commit)))
        }
    }

    /// "If the follower does not find an entry in its log with the same index and term, then it refuses the new
    /// entries."
    func testAFollowerChecksWhatComesBefore() {
        let cases: [(term: Term, index: LogIndex, expected: AppendEntries.Reply.Outcome)] = [
            (0, 0, .accepted(match: 0)), (1, 1, .accepted(match: 1)), (2, 2, .accepted(match: 2)),
            (1, 2, .conflict(rejected: 2, hint: EntryID(term: 1, index: 1))),
            (3, 3, .conflict(rejected: 3, hint: EntryID(term: 2, index: 2))),
        ]
        for (term, index, expected) in cases {
            var node = Fixture.node(terms: [1, 2])
            let append = AppendEntries(
                term: 3,
                previous: EntryID(term: term, index: index),
                entries: [],
                commit: .zero
            )
            XCTAssertEqual(
                node.answer(.appendEntries(append), from: "b"),
                .appendEntries(.init(term: 3, outcome: expected))
            )
        }
    }

    /// "If an existing entry conflicts with a new one (same index but different terms), delete the existing entry and
    /// all
    /// that follow it" and "Append any new entries not already in the log".
    func testAFollowerMakesItsLogAgree() {
        let cases: [(own: [UInt64], previous: Int, sent: [UInt64], log: [UInt64], written: [UInt64])] = [
            ([1, 2], 2, [1, 2, 3], [1, 2, 3], [3]),
            ([1, 2], 1, [1, 3, 4], [1, 3, 4], [3, 4]),
            ([1, 2], 0, [1, 2], [1, 2], []),
            ([1, 2], 0, [1], [1, 2], []),
            ([1, 2], 0, [3], [3], [3]),
        ]
        for (own, previous, sent, log, written) in cases {
            var node = Fixture.node(terms: own)
            let leaders = Fixture.entries(terms: sent)
            let before = previous == 0 ? EntryID.zero : leaders[previous - 1].id
            node.receive(
                .appendEntries(
                    AppendEntries(term: 5, previous: before, entries: Array(leaders[previous...]), commit: .zero)
                ),
                from: "b"
            )
            let persist = node.takeReady()?.persist
            XCTAssertEqual(persist?.entries.map(\.term.rawValue), written)
            XCTAssertEqual(
                node.status.last,
                EntryID(term: Term(log[log.count - 1]), index: LogIndex(UInt64(log.count)))
            )
            XCTAssertEqual(persist?.truncateAfter != nil, written.count > 0 && log.starts(with: own) == false)
        }
    }

    // MARK: Both

    /// Figure 7: "When the leader at the top comes to power, it is possible that any of scenarios (a–f) could occur in
    /// follower logs." "the leader … brings the followers’ logs to the same state as its own".
    func testALeaderBringsAllLogsOfFigure7ToItsOwn() {
        let top: [UInt64] = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
        let followers: [[UInt64]] = [
            [1, 1, 1, 4, 4, 5, 5, 6, 6],
            [1, 1, 1, 4],
            [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
            [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
            [1, 1, 1, 4, 4, 4, 4],
            [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
        ]
        for log in followers {
            var network = Network(logs: ["a": top, "b": log, "c": [1]])
            // The leader is the one of term 8: everyone has heard of term 7.
            network.elect("a")
            if network.leader != "a" {
                network.run(for: .milliseconds(400))
                network.elect("a")
            }
            guard let leader = network.leader else { return XCTFail("no leader") }
            network.run(for: .milliseconds(200))
            XCTAssertEqual(network["b"].disk.log, network[leader].disk.log)
            XCTAssertEqual(network.checker.violations, [])
        }
    }
}
