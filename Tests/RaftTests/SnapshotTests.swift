import Raft
import XCTest

/// Logs whose beginning was removed, and followers that need it (Raft §7).
final class SnapshotTests: XCTestCase {
    private let membership = Fixture.membership(voters: ["a", "b", "c"])

    private func snapshot(_ last: EntryID, chain: ChainValue = ChainValue(99)) -> Snapshot {
        Snapshot(last: last, chain: chain, membership: membership, state: [1, 2, 3])
    }

    private func id(_ term: Term, _ index: LogIndex) -> EntryID { EntryID(term: term, index: index) }

    private func install(_ snapshot: Snapshot, term: Term) -> RPCRequest {
        .installSnapshot(InstallSnapshot(term: term, snapshot: snapshot))
    }

    private func accepted(_ match: LogIndex, term: Term) -> RPCReply {
        .installSnapshot(InstallSnapshot.Reply(term: term, match: match))
    }

    /// A cluster whose leader has removed what its lagging follower needs.
    private func lagging(_ follower: NodeID = "c") -> Network {
        var network = Network()
        network.elect("a")
        network.crash(follower)
        for _ in 0..<20 { _ = network.propose(at: "a") }
        network.run(for: .milliseconds(200))
        network.trim("a", through: 15)
        network.trim("b", through: 10)
        return network
    }

    func testAFollowerBehindTheBaseIsSentASnapshotThenTheRest() {
        var network = lagging()
        network.start("c")
        network.run(for: .milliseconds(300))
        XCTAssertEqual(network["c"].disk.base, network["a"].disk.base)
        XCTAssertEqual(network["c"].disk.log, network["a"].disk.log)
        XCTAssertEqual(network["c"].applied, network["a"].applied)
        XCTAssertEqual(network.checker.violations, [])
    }

    /// The whole log is folded away, and nothing new comes: the follower is helped all the same.
    func testAnIdleLeaderWithAnEmptyLogHelpsToo() {
        var network = lagging()
        network.trim("a", through: network["a"].disk.lastIndex)
        XCTAssertEqual(network["a"].disk.log, [])
        network.start("c")
        network.run(for: .milliseconds(300))
        XCTAssertEqual(network["c"].disk.lastIndex, network["a"].disk.lastIndex)
        let ticket = network.propose(at: "a", copies: 3)
        network.run(for: .milliseconds(100))
        if case .committed(_, _, 3) = network.outcome(ticket) {} else { XCTFail("\(network.status("a"))") }
        XCTAssertEqual(network.checker.violations, [])
    }

    func testALeaderElectedWithATrimmedLogGoesOn() {
        var network = lagging()
        network.crash("a")
        network.start("c")
        network.run(for: .seconds(1))
        XCTAssertEqual(network.leader, "b")
        XCTAssertEqual(network["c"].disk.base, network["b"].disk.base)
        XCTAssertEqual(network.checker.violations, [])
    }

    /// The answer is a promise: what the snapshot replaces may be counted once it is on disk.
    func testASnapshotIsAcknowledgedOnceItIsDurable() {
        var node = Fixture.node(terms: [1])
        let wanted = snapshot(id(3, 40))
        node.receive(install(wanted, term: 3), from: "b", token: 77)
        guard let ready = node.takeReady() else { return XCTFail("nothing to do") }
        XCTAssertEqual(ready.persist?.install, wanted)
        XCTAssertEqual(ready.announcements, [])
        XCTAssertEqual(ready.promises, [.reply(accepted(40, term: 3), to: "b", token: ReplyToken(77))])
        XCTAssertNil(ready.committed, "the snapshot is the state machine")
        XCTAssertEqual(node.status.last, id(3, 40))
    }

    /// What comes after goes behind it: in the same write, or in a later one.
    func testEntriesFollowTheSnapshot() {
        var node = Fixture.node(terms: [1])
        node.receive(install(snapshot(id(3, 40)), term: 3), from: "b")
        let entries = Fixture.entries(terms: [3, 3], after: id(3, 40), chain: ChainValue(99))
        let append = AppendEntries(term: 3, previous: id(3, 40), entries: entries, commit: 42)
        node.receive(.appendEntries(append), from: "b")
        let readies = node.persistAll(now: .zero)
        XCTAssertEqual(readies.first?.persist?.entries, entries)
        XCTAssertEqual(readies.compactMap(\.committed), [41...42])
    }

    /// E5: the membership is the snapshot's, whatever this log held.
    func testE5TheMembershipIsTheSnapshots() {
        var node = Fixture.node()
        var wanted = snapshot(id(3, 40))
        wanted.membership = Fixture.membership(voters: ["a", "b", "d"])
        node.receive(install(wanted, term: 3), from: "b")
        XCTAssertEqual(node.membership, wanted.membership)
    }

    /// §7: "If existing log entry has same index and term as snapshot's last included entry, retain log entries
    /// following it and reply."
    func testASnapshotOfWhatTheLogHoldsInstallsNothing() {
        var node = Fixture.node(terms: [1, 1, 1, 1])
        var same = snapshot(id(1, 3))
        same.chain = Fixture.entries(terms: [1, 1, 1])[2].chain
        let reply = node.answer(install(same, term: 1), from: "b")
        XCTAssertEqual(reply, accepted(3, term: 1))
        XCTAssertEqual(node.status.last, id(1, 4))
        XCTAssertEqual(node.status.commit, 3)
    }

    /// An old or repeated snapshot takes nothing back, and proves no more than itself.
    func testAnOldSnapshotChangesNothing() {
        var node = Fixture.node(terms: [1])
        node.receive(install(snapshot(id(3, 40)), term: 3), from: "b")
        node.persistAll(now: .zero)
        XCTAssertEqual(node.answer(install(snapshot(id(2, 20)), term: 3), from: "b"), accepted(20, term: 3))
        XCTAssertEqual(node.answer(install(snapshot(id(3, 40)), term: 3), from: "b"), accepted(40, term: 3))
        XCTAssertEqual(node.status.last, id(3, 40))
        XCTAssertNil(node.fault)
    }

    /// Also where this log begins before it.
    func testASnapshotOfWhatIsCommittedHereChangesNothing() {
        var node = Fixture.node(terms: [1, 1, 1, 1], applied: 4)
        XCTAssertEqual(node.answer(install(snapshot(id(1, 2)), term: 1), from: "b"), accepted(2, term: 1))
        XCTAssertEqual(node.status.last, id(1, 4))
        XCTAssertEqual(node.status.commit, 4)
        XCTAssertEqual(node.status.applied, 4)
    }

    /// B7, B17: a write handed out before the snapshot is durable, and with it nothing of what stands behind that.
    func testB17AWriteFromBeforeASnapshotReleasesNothingBehindIt() {
        var node = Fixture.node(terms: [1])
        let first = Fixture.entries(terms: [1])[0]
        let old = Fixture.entries(terms: Array(repeating: 2, count: 19), after: first.id, chain: first.chain)
        node.receive(
            .appendEntries(AppendEntries(term: 2, previous: first.id, entries: old, commit: .zero)),
            from: "b"
        )
        guard let token = node.takeReady()?.persist?.token else { return XCTFail("nothing to write") }
        node.receive(install(snapshot(id(3, 10)), term: 3), from: "c")
        let entries = Fixture.entries(terms: [3, 3], after: id(3, 10), chain: ChainValue(99))
        let append = AppendEntries(term: 3, previous: id(3, 10), entries: entries, commit: 12)
        node.receive(.appendEntries(append), from: "c")
        XCTAssertNotNil(node.takeReady()?.persist)
        node.step(.persisted(token), now: .zero)
        XCTAssertEqual(node.status.durable, 10)
        XCTAssertNil(node.takeReady()?.committed)
    }

    func testASnapshotOfAnOldTermIsRefused() {
        var node = Fixture.node(terms: [1], term: 5)
        XCTAssertEqual(node.answer(install(snapshot(id(3, 40)), term: 3), from: "b"), accepted(.zero, term: 5))
        XCTAssertEqual(node.status.last, id(1, 1))
    }

    /// Damage on the way must not take the place of a log.
    func testASnapshotThatNoLeaderCanHaveSentIsDropped() {
        for last in [id(4, 40), id(3, LogIndex(.max))] {
            var node = Fixture.node(terms: [1])
            node.receive(install(snapshot(last), term: 3), from: "b", token: 5)
            XCTAssertEqual(node.takeReady()?.dropped, [ReplyToken(5)])
            XCTAssertEqual(node.status.last, id(1, 1))
        }
    }

    /// The answer to a snapshot of an earlier term proves nothing, and moves nothing.
    func testARefusedSnapshotDoesNotMoveTheLeader() {
        var node = Fixture.node(terms: [1, 1, 1])
        Fixture.elect(&node)
        let next = node.status.peers.first { $0.id == "b" }?.next
        node.receive(accepted(.zero, term: 2), from: "b")
        XCTAssertEqual(node.status.peers.first { $0.id == "b" }?.next, next)
    }

    /// A7: a snapshot that contradicts what is committed here is a broken promise.
    func testASnapshotThatContradictsACommittedEntryStopsTheNode() {
        var node = Fixture.node(terms: [1, 1, 1])
        node.receive(.heartbeat(.init(term: 2, commit: 3, round: 1)), from: "b")
        node.persistAll(now: .zero)
        node.receive(install(snapshot(id(2, 3)), term: 2), from: "b")
        XCTAssertEqual(node.fault?.code, .committedEntryConflicts)
    }

    /// A6: an append from below the base contradicts nothing: what was removed is committed.
    func testAnAppendFromBelowTheBaseIsNoConflict() {
        var node = Fixture.node(terms: [1, 1, 1, 1, 1])
        let entries = Fixture.entries(terms: [1, 1, 1, 1, 1])
        node.receive(.heartbeat(.init(term: 1, commit: 5, round: 1)), from: "b")
        node.persistAll(now: .zero)
        node.step(.trimmed(through: entries[3].id, chain: entries[3].chain), now: .zero)
        let append = AppendEntries(term: 1, previous: entries[0].id, entries: Array(entries[1...]), commit: 5)
        let reply = node.answer(.appendEntries(append), from: "b")
        XCTAssertEqual(reply, .appendEntries(.init(term: 1, outcome: .accepted(match: 5))))
        XCTAssertEqual(node.status.last, entries[4].id)
        XCTAssertNil(node.fault)
    }

    /// What became of a proposal that a snapshot has swallowed, nobody can tell: never say that it was not stored.
    func testAProposalFoldedIntoASnapshotIsNeverCalledOverwritten() {
        var node = Fixture.node(terms: [1])
        Fixture.elect(&node)
        node.step(.propose(Proposal(ticket: 7, payloads: [[1]])), now: .zero)
        node.persistAll(now: .zero)
        node.receive(.heartbeat(.init(term: 9, commit: .zero, round: 1)), from: "b")
        node.receive(install(snapshot(id(9, 40)), term: 9), from: "b")
        node.receive(.heartbeat(.init(term: 9, commit: 40, round: 2)), from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [])
    }

    /// A lost snapshot is sent again: at once where the loss is known, after two election timeouts where it is not.
    func testALostSnapshotIsSentAgain() {
        var node = Fixture.node(terms: [1, 1, 1, 1])
        let entries = Fixture.entries(terms: [1, 1, 1, 1])
        Fixture.elect(&node)
        let accept = RPCReply.appendEntries(.init(term: 2, outcome: .accepted(match: 5)))
        node.receive(accept, from: "b")
        node.persistAll(now: .zero)
        node.step(.trimmed(through: entries[3].id, chain: entries[3].chain), now: .zero)
        let lacks = AppendEntries.Reply.Outcome.conflict(rejected: 4, hint: EntryID(term: 1, index: 1))
        node.receive(.appendEntries(.init(term: 2, outcome: lacks)), from: "c")
        XCTAssertEqual(snapshots(node.persistAll(now: .zero)), 1)

        node.step(.undelivered(to: "c", lane: .append), now: .milliseconds(10))
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "c", now: .milliseconds(20))
        XCTAssertEqual(snapshots(node.persistAll(now: .milliseconds(20))), 1)

        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "c", now: .milliseconds(300))
        XCTAssertEqual(snapshots(node.persistAll(now: .milliseconds(300))), 0)
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "c", now: .milliseconds(320))
        XCTAssertEqual(snapshots(node.persistAll(now: .milliseconds(320))), 1)
    }

    /// The window of a peer is full, and what comes behind it is folded away before the peer answers.
    func testAPeerWithAFullWindowWhoseNextEntryIsGoneIsSentASnapshot() {
        var node = Fixture.node(settings: Settings(appendEntriesMax: 1, appendsInFlightMax: 3))
        Fixture.elect(&node)
        for peer in ["b", "c"] as [NodeID] { node.receive(appended(2), from: peer) }
        for ticket in UInt64(1)...8 {
            node.step(.propose(Proposal(ticket: Ticket(ticket), payloads: [[1]])), now: .zero)
        }
        var sent = node.persistAll(now: .zero)
        XCTAssertEqual(sent.appends(to: "c").map(\.previous.index), [2, 3, 4])
        for match in 3...10 as ClosedRange<UInt64> {
            node.receive(appended(LogIndex(match)), from: "b")
            sent += node.persistAll(now: .zero)
        }
        guard let last = sent.appends(to: "b").flatMap(\.entries).first(where: { $0.index == 8 }) else {
            return XCTFail("b was not sent entry 8")
        }
        node.step(.trimmed(through: last.id, chain: last.chain), now: .zero)

        node.receive(appended(3), from: "c")
        let answer = node.persistAll(now: .zero)
        XCTAssertEqual(answer.appends(to: "c"), [])
        XCTAssertEqual(snapshots(answer), 1)
        // One snapshot is enough: answers to what was sent before it bring no other.
        node.receive(appended(5), from: "c")
        XCTAssertEqual(snapshots(node.persistAll(now: .zero)), 0)
        node.receive(accepted(8, term: 2), from: "c")
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "c").first?.previous.index, 8)
    }

    /// While a snapshot was on its way the log was cut again, behind it: the peer has got on, and needs the newer one.
    func testASnapshotThatIsOlderThanTheBaseByNowIsFollowedByTheNewer() {
        var node = Fixture.node(terms: [1, 1, 1, 1])
        let entries = Fixture.entries(terms: [1, 1, 1, 1])
        Fixture.elect(&node)
        node.receive(appended(5), from: "b")
        node.persistAll(now: .zero)
        node.step(.trimmed(through: entries[1].id, chain: entries[1].chain), now: .zero)
        for rejected in [4, 2] as [LogIndex] {
            XCTAssertEqual(snapshots(node.persistAll(now: .zero)), 0)
            let lacks = AppendEntries.Reply.Outcome.conflict(rejected: rejected, hint: EntryID(term: 1, index: 1))
            node.receive(.appendEntries(.init(term: 2, outcome: lacks)), from: "c")
        }
        XCTAssertEqual(snapshots(node.persistAll(now: .zero)), 1)
        node.step(.trimmed(through: entries[3].id, chain: entries[3].chain), now: .zero)
        node.receive(accepted(2, term: 2), from: "c")
        XCTAssertEqual(snapshots(node.persistAll(now: .zero)), 1)
        node.receive(accepted(4, term: 2), from: "c")
        XCTAssertEqual(node.persistAll(now: .zero).appends(to: "c").map(\.previous.index), [4])
    }

    /// F10: a witness may discard entries that the backup lacks, for its copies have no messages and help nobody. It
    /// must not forget that they were there.
    func testF10AWitnessThatDiscardedWhatTheBackupLacksStillRefusesIt() {
        var network = Network(voters: ["a", "b"], witnesses: ["w"])
        network.elect("a")
        network.run(for: .milliseconds(200))
        network.crash("b")
        for _ in 0..<20 { _ = network.propose(at: "a") }
        network.run(for: .milliseconds(500))
        let last = network["a"].disk.lastIndex
        for node in ["a", "w"] as [NodeID] {
            network.trim(node, through: last)
            XCTAssertEqual(network[node].disk.base.index, last)
        }
        network.crash("a")
        network.crash("w")
        network.start("b")
        network.start("w")
        network.run(for: .seconds(3))
        XCTAssertNil(network.leader, "the primary alone has what was acknowledged")
        network.start("a")
        network.run(for: .seconds(3))
        XCTAssertEqual(network.leader, "a")
        XCTAssertEqual(network["b"].disk.lastIndex, network["a"].disk.lastIndex)
        XCTAssertEqual(network.checker.violations, [])
    }

    private func appended(_ match: LogIndex) -> RPCReply {
        .appendEntries(.init(term: 2, outcome: .accepted(match: match)))
    }

    private func snapshots(_ readies: [Ready]) -> Int {
        readies.flatMap(\.announcements).count { $0 == .requestFromBase(term: 2, to: "c") }
    }
}
