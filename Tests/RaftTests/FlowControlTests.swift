import Raft
import XCTest

/// How much goes to a peer, and when.
final class FlowControlTests: XCTestCase {
    private func accepted(_ match: LogIndex) -> RPCReply {
        .appendEntries(.init(term: 2, outcome: .accepted(match: match)))
    }

    private func leader(_ settings: Settings) -> RaftNode {
        var node = Fixture.node(settings: settings)
        Fixture.elect(&node)
        node.receive(accepted(2), from: "b")
        node.persistAll(now: .zero)
        return node
    }

    private func propose(_ sizes: [Int], to node: inout RaftNode) {
        let payloads = sizes.map { [UInt8](repeating: 1, count: $0) }
        node.step(.propose(Proposal(ticket: 1, payloads: payloads)), now: .zero)
    }

    func testABatchIsNeverSplitOverAppends() {
        var node = leader(Settings(appendBytesMax: 100, appendEntriesMax: 4))
        for _ in 0..<3 { propose([10, 10, 10], to: &node) }
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").map { $0.entries.count }, [3])
        node.receive(accepted(5), from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").map { $0.entries.count }, [3])
    }

    func testABatchAboveEveryLimitGoesAlone() {
        for sizes in [[50, 60, 1], [1, 1, 1, 1, 1, 1]] {
            var node = leader(Settings(appendBytesMax: 100, appendEntriesMax: 4))
            propose([1], to: &node)
            propose(sizes, to: &node)
            propose([1], to: &node)
            var sent: [Int] = []
            var match: LogIndex = 2
            while match < node.status.last.index {
                guard let append = node.persistAll(now: .zero).appends(to: "b").first else { return XCTFail("stuck") }
                sent.append(append.entries.count)
                match = append.entries.last?.index ?? match
                node.receive(accepted(match), from: "b")
            }
            XCTAssertEqual(sent, [1, sizes.count, 1])
        }
    }

    func testBytesBoundAnAppend() {
        var node = leader(Settings(appendBytesMax: 100))
        for _ in 0..<5 { propose([40], to: &node) }
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").map { $0.entries.count }, [2])
    }

    func testTheWindowBoundsWhatIsInFlight() {
        var node = leader(Settings(appendEntriesMax: 1, appendsInFlightMax: 3))
        for _ in 0..<5 { propose([1], to: &node) }
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").map(\.previous.index), [2, 3, 4])
        node.receive(accepted(3), from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").map(\.previous.index), [5])
        // One answer for all: the later proves the earlier.
        node.receive(accepted(6), from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").map(\.previous.index), [6])
    }

    func testAProbeIsAloneInItsWindow() {
        var node = Fixture.node(settings: Settings(appendEntriesMax: 1, appendsInFlightMax: 3))
        Fixture.elect(&node)
        for _ in 0..<5 { propose([1], to: &node) }
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b"), [], "the no-op is still unanswered")
        node.receive(accepted(2), from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").map(\.previous.index), [2, 3, 4])
    }

    func testWhatCameTogetherGoesTogether() {
        var node = leader(Settings())
        for _ in 0..<100 { propose([1], to: &node) }
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").map { $0.entries.count }, [100])
    }

    func testALostAppendSendsAgainFromTheMatch() {
        var node = leader(Settings(appendEntriesMax: 1, appendsInFlightMax: 3))
        for _ in 0..<3 { propose([1], to: &node) }
        node.persistAll(now: .zero)
        node.receive(accepted(3), from: "b")
        node.step(.undelivered(to: "b", lane: .append), now: .zero)
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b"), [])
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").map(\.previous.index), [3])
    }

    func testALostHeartbeatLosesNoAppend() {
        var node = leader(Settings())
        propose([1], to: &node)
        node.persistAll(now: .zero)
        node.step(.undelivered(to: "b", lane: .control), now: .zero)
        propose([1], to: &node)
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b"), [], "one is in flight")
        node.receive(accepted(3), from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").map(\.previous.index), [3])
    }

    // MARK: What is no longer in memory

    /// After a start nothing is in memory: the shell reads, one append at a time, as much as it likes.
    func testWhatIsNotInMemoryIsReadFromTheLog() {
        var node = Fixture.node(terms: [1, 1, 1, 1], settings: Settings(appendsInFlightMax: 4))
        Fixture.elect(&node)
        node.receive(
            .appendEntries(.init(term: 2, outcome: .conflict(rejected: 4, hint: EntryID(term: 1, index: 1)))),
            from: "b"
        )
        let read = { (ready: Ready?) in
            ready?.announcements.filter { if case .requestFromLog = $0 { true } else { false } } ?? []
        }
        let log = Fixture.entries(terms: [1, 1, 1])
        let append = AppendEntries(
            term: 2,
            previous: log[0].id,
            previousChain: log[0].chain,
            entries: [],
            commit: .zero
        )
        XCTAssertEqual(read(node.takeReady()), [.requestFromLog(append: append, from: 2, through: 4, to: "b")])
        propose([1], to: &node)
        XCTAssertEqual(read(node.takeReady()), [], "stop and wait")
        node.receive(accepted(3), from: "b")
        let second = AppendEntries(
            term: 2,
            previous: log[2].id,
            previousChain: log[2].chain,
            entries: [],
            commit: .zero
        )
        XCTAssertEqual(read(node.takeReady()), [.requestFromLog(append: second, from: 4, through: 4, to: "b")])
        node.receive(accepted(4), from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "b").flatMap(\.entries).map(\.index), [5, 6])
    }

    func testCommittedEntriesLeaveMemoryWholeBatchesFirst() {
        var node = leader(Settings(retainedBytesMax: 3 * (10 + 64)))
        for _ in 0..<3 { propose([10, 10], to: &node) }
        node.persistAll(now: .zero)
        XCTAssertNotNil(node.entries(in: 3...8))
        node.receive(accepted(8), from: "b")
        // What was just handed out is still there for whoever applies it.
        XCTAssertEqual(node.takeReady()?.committed, 3...8)
        XCTAssertNotNil(node.entries(in: 3...8))
        propose([10], to: &node)
        node.persistAll(now: .zero)
        XCTAssertNil(node.entries(in: 6...7))
        XCTAssertNotNil(node.entries(in: 7...9))
    }

    func testWhatIsNotCommittedStaysInMemory() {
        var node = leader(Settings(retainedBytesMax: 0))
        for _ in 0..<5 { propose([100], to: &node) }
        node.persistAll(now: .zero)
        XCTAssertNotNil(node.entries(in: 3...7))
    }

    /// A peer that was away while memory moved on gets what it missed from the log, then goes on as usual.
    func testALaggingPeerCatchesUpFromTheLog() {
        var network = Network(settings: Settings(retainedBytesMax: 500))
        network.logReadMax = 7
        network.elect("a")
        network.isolate("c")
        for _ in 0..<200 {
            _ = network.propose(at: "a", bytes: 20)
            network.settle()
        }
        network.cuts = []
        network.run(for: .milliseconds(200))
        XCTAssertEqual(network["c"].disk.log, network["a"].disk.log)
        XCTAssertEqual(network["c"].applied, network["a"].applied)
        XCTAssertEqual(network.checker.violations, [])
    }

    // MARK: Damage on the way

    /// A leader sends contiguous entries, whole batches, and a history that goes on from ours; anything else was
    /// damaged
    /// and changes nothing.
    func testADamagedAppendIsDropped() {
        let log = Fixture.entries(terms: [1, 1, 1, 2])
        let intact = AppendEntries(term: 2, previous: log[0].id, entries: Array(log[1...]), commit: 1)
        var damaged: [AppendEntries] = Array(repeating: intact, count: 7)
        damaged[0].entries[1].payload = [99]
        damaged[1].entries[0].payload = [99]
        damaged[2].entries.remove(at: 1)
        damaged[3].entries[2].continues = true
        damaged[4].entries.swapAt(0, 1)
        damaged[5].term = 1
        damaged[6].entries[2].chain = ChainValue(7)
        for (place, append) in damaged.enumerated() {
            var node = Fixture.node()
            let before = node.status
            node.receive(.appendEntries(append), from: "b", token: 4)
            let ready = node.takeReady()
            XCTAssertEqual(ready?.dropped, [ReplyToken(4)], "\(place)")
            XCTAssertNil(ready?.persist)
            XCTAssertEqual(node.status, before)
            XCTAssertEqual(node.corruptAppends, 1)
        }
        var node = Fixture.node()
        node.receive(.appendEntries(intact), from: "b")
        XCTAssertEqual(node.corruptAppends, 0)
        XCTAssertEqual(node.status.last, EntryID(term: 2, index: 4))
    }

    /// Equal id, other history: one of the two logs has changed.
    func testAKnownEntryWithAnotherHistoryIsDropped() {
        var node = Fixture.node(terms: [1, 1])
        var other = Fixture.entries(terms: [1, 1])[1]
        other = Entry(id: other.id, kind: .command, payload: [8, 8, 8], after: Fixture.entries(terms: [1])[0].chain)
        node.receive(
            .appendEntries(
                AppendEntries(term: 1, previous: EntryID(term: 1, index: 1), entries: [other], commit: .zero)
            ),
            from: "b"
        )
        XCTAssertEqual(node.takeReady()?.dropped, [ReplyToken(0)])
        XCTAssertEqual(node.status.historyDifference?.entry, other.id)
    }

    // MARK: Commit news

    /// A follower learns of a commit at once, also when nothing else is to be sent, but not more often than five times
    /// in a heartbeat interval.
    func testCommitNewsIsFreshButBounded() {
        var node = leader(Settings())
        var news: [LogIndex] = []
        var now = Instant.zero
        for index in 3...12 as ClosedRange<LogIndex> {
            node.step(.propose(Proposal(ticket: 1, payloads: [[1]])), now: now)
            node.persistAll(now: now)
            node.receive(accepted(index), from: "b", now: now)
            news += node.persistAll(now: now).heartbeats(to: "b").map(\.commit)
            now = now + .milliseconds(1)
        }
        // Each append carried the commit before it; only the last entry's own is news.
        XCTAssertLessThanOrEqual(news.count, 2)
        guard let deadline = node.takeReady()?.deadline ?? Optional(now + .milliseconds(10)) else { return }
        node.step(.deadline, now: deadline)
        news += node.persistAll(now: deadline).heartbeats(to: "b").map(\.commit)
        XCTAssertEqual(news.last, 12)
    }

    func testABackupLearnsOfTheLastCommitWithinAFifthOfAHeartbeat() {
        var network = Network()
        network.elect("a")
        network.run(for: .seconds(1))
        for _ in 0..<3 {
            _ = network.propose(at: "a")
            network.settle()
        }
        network.run(for: .milliseconds(10))
        XCTAssertEqual(network["b"].applied, network["a"].applied)
        XCTAssertEqual(network["c"].applied, network["a"].applied)
    }
}
