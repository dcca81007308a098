import Raft
import XCTest

/// What a node makes of members of other epochs, step by step.
final class EpochTests: XCTestCase {
    /// Of node c, promoted when its log had two entries.
    private let child = Epoch(number: 1, id: 77, parent: 0, fork: 2)

    private func heartbeat(term: UInt64 = 5, commit: LogIndex = 0) -> RPCRequest {
        .heartbeat(Heartbeat(term: Term(term), commit: commit, round: 1))
    }

    private func snapshot(_ last: Entry, term: Term) -> RPCRequest {
        let membership = Fixture.membership(voters: ["a", "b", "c"])
        let snapshot = Snapshot(last: last.id, chain: last.chain, membership: membership, state: [])
        return .installSnapshot(InstallSnapshot(term: term, snapshot: snapshot))
    }

    private func step(_ node: inout RaftNode, _ request: RPCRequest, from sender: NodeID, _ epoch: Epoch) -> [Ready] {
        node.step(.request(request, from: Fixture.identity(sender), epoch: epoch, token: ReplyToken(9)), now: .zero)
        return node.persistAll(now: .zero)
    }

    private func isDropped(_ readies: [Ready]) -> Bool { readies.contains { $0.dropped == [ReplyToken(9)] } }

    func testALeaderOfTheChildEpochIsFollowedAndTheTailCutOff() {
        var node = Fixture.node(of: ["a", "c"], terms: [1, 1, 1, 1])
        let readies = step(&node, heartbeat(), from: "c", child)
        XCTAssertEqual(node.leader, "c")
        XCTAssertEqual(node.epoch, child)
        XCTAssertEqual(node.status.last.index, 2)
        XCTAssertEqual(readies.compactMap(\.persist?.truncateAfter), [2])
    }

    func testALeaderOfTheSameTermGivesWayToThatOfTheChildEpoch() {
        var node = Fixture.node(of: ["a", "c"], learners: ["b"], terms: [1, 1])
        Fixture.elect(&node)
        XCTAssertEqual(node.term, 2)
        node.step(.propose(Proposal(ticket: 3, payloads: [[1]])), now: .zero)
        node.persistAll(now: .zero)

        let readies = step(&node, heartbeat(term: 2), from: "c", child)

        XCTAssertNil(node.fault)
        XCTAssertEqual(node.leader, "c")
        XCTAssertTrue(readies.settled.contains(.overwritten(3)))
        // Its former peers lead in the same term too, and are not heard any more.
        XCTAssertTrue(isDropped(step(&node, heartbeat(term: 2), from: "b", .initial)))
        XCTAssertEqual(node.leader, "c")
    }

    func testWhatALeaderSaidInItsEpochIsNotSentInTheNext() {
        var node = Fixture.node(of: ["a", "c"], terms: [1, 1])
        Fixture.elect(&node)
        node.step(.propose(Proposal(ticket: 3, payloads: [[1]])), now: .zero)
        node.step(.deadline, now: .milliseconds(60))
        let readies = step(&node, heartbeat(), from: "c", child)
        XCTAssertEqual(readies.requests.count, 0)
    }

    func testWhatIsKnownToBeCommittedIsNeverCutOff() {
        var node = Fixture.node(of: ["a", "c"], terms: [1, 1, 1, 1])
        node.receive(heartbeat(term: 1, commit: 3), from: "c")
        node.persistAll(now: .zero)

        let readies = step(&node, heartbeat(), from: "c", child)

        XCTAssertTrue(isDropped(readies))
        XCTAssertEqual(node.status.last.index, 4)
        XCTAssertEqual(node.status.divergence, Divergence(peer: "c", epoch: child, holding: 4))
        XCTAssertNil(node.leader)
    }

    func testNorIsWhatWasKnownToBeCommittedBeforeARestart() {
        let membership = Fixture.membership(voters: ["a", "c"])
        let log = Fixture.entries(terms: [1, 1, 1, 1])
        var node = RaftNode(
            identity: Fixture.identity("a"),
            settings: Settings(),
            seed: 1,
            restored: Fixture.restored(membership, log: log, committed: 3),
            now: .zero
        )
        XCTAssertEqual(node.persistAll(now: .zero).compactMap(\.committed), [1...3])
        XCTAssertTrue(isDropped(step(&node, heartbeat(), from: "c", child)))
        XCTAssertEqual(node.status.divergence?.holding, 4)
    }

    func testWhatOthersMayHaveAcknowledgedIsNotCutOff() {
        var node = Fixture.node(terms: [1, 1, 1, 1])
        XCTAssertTrue(isDropped(step(&node, heartbeat(), from: "c", child)))
        XCTAssertEqual(node.status.last.index, 4)
        XCTAssertEqual(node.status.divergence, Divergence(peer: "c", epoch: child, holding: 4))
    }

    func testNorIsItReplaced() {
        var node = Fixture.node(terms: [1, 2])
        let append = AppendEntries(
            term: 5,
            previous: EntryID(term: 1, index: 1),
            entries: Fixture.entries(terms: [1, 1]).suffix(1),
            commit: 0
        )
        XCTAssertTrue(isDropped(step(&node, .appendEntries(append), from: "c", child)))
        XCTAssertEqual(node.status.last, EntryID(term: 2, index: 2))
        XCTAssertEqual(node.status.divergence?.holding, 2)
    }

    func testNorIsWhatIsCommittedHereAndDiffersThere() {
        let there = Fixture.entries(terms: [1, 1])
        let requests: [RPCRequest] = [
            .appendEntries(AppendEntries(term: 5, previous: there[0].id, entries: there.suffix(1), commit: 0)),
            .appendEntries(AppendEntries(term: 5, previous: there[1].id, entries: [], commit: 0)),
            snapshot(there[1], term: 5),
        ]
        for request in requests {
            var node = Fixture.node(terms: [1, 2])
            node.receive(heartbeat(term: 2, commit: 2), from: "b")
            XCTAssertEqual(node.persistAll(now: .zero).compactMap(\.committed), [1...2])
            XCTAssertTrue(isDropped(step(&node, request, from: "c", child)), "\(request)")
            XCTAssertNil(node.fault, "\(request)")
            XCTAssertEqual(node.status.last, EntryID(term: 2, index: 2))
            XCTAssertEqual(node.status.divergence, Divergence(peer: "c", epoch: child, holding: 2), "\(request)")
            XCTAssertNil(node.leader)
        }
    }

    func testNorIsALogReplacedByAStateThatMayLackItsEntries() {
        let last = Fixture.entries(terms: [1, 1, 5, 5])[3]
        var node = Fixture.node(terms: [1, 2])
        XCTAssertTrue(isDropped(step(&node, snapshot(last, term: 5), from: "c", child)))
        XCTAssertEqual(node.status.last, EntryID(term: 2, index: 2))
        XCTAssertEqual(node.status.divergence, Divergence(peer: "c", epoch: child, holding: 2))

        // Of a pair, each has whatever was acknowledged.
        var half = Fixture.node(of: ["a", "c"], terms: [1, 2])
        _ = step(&half, snapshot(last, term: 5), from: "c", child)
        XCTAssertNil(half.status.divergence)
        XCTAssertEqual(half.status.last, last.id)
    }

    func testWhatIsFoldedAwayIsNotTakenForTheSame() {
        var node = Fixture.node(terms: [1])
        node.receive(snapshot(Fixture.entries(terms: [1, 2])[1], term: 2), from: "b")
        node.persistAll(now: .zero)
        XCTAssertEqual(node.status.last, EntryID(term: 2, index: 2))
        let there = Fixture.entries(terms: [1, 1, 5])
        let append = AppendEntries(term: 5, previous: there[0].id, entries: there.suffix(2), commit: 0)
        XCTAssertTrue(isDropped(step(&node, .appendEntries(append), from: "c", child)))
        XCTAssertNil(node.fault)
        XCTAssertEqual(node.status.last, EntryID(term: 2, index: 2))
        XCTAssertEqual(node.status.divergence, Divergence(peer: "c", epoch: child, holding: 2))
    }

    func testNothingIsAppliedBeforeACrashWouldLeaveTheNodeInTheEpoch() {
        var node = Fixture.node(terms: [1, 1])
        let log = Fixture.entries(terms: [1, 1])
        var append = AppendEntries(term: 5, previous: log[1].id, previousChain: log[1].chain, entries: [], commit: 2)
        XCTAssertEqual(step(&node, .appendEntries(append), from: "c", child).compactMap(\.committed), [])

        let promoted = Membership([Fixture.member("a", .learner), Fixture.member("c")], epoch: child)
        let payload = MembershipCoding.encode(promoted, cluster: Fixture.cluster)
        let id = EntryID(term: 5, index: 3)
        append.entries = [Entry(id: id, kind: .membership, payload: payload, after: log[1].chain)]
        append.commit = 3
        // As it is sent, it is not on the disk yet.
        XCTAssertEqual(step(&node, .appendEntries(append), from: "c", child).compactMap(\.committed), [])
        XCTAssertEqual(step(&node, heartbeat(commit: 3), from: "c", child).compactMap(\.committed), [1...3])
    }

    func testWhoLacksEntriesOrHasTheSameJoins() {
        for terms in [[1], [1, 1]] as [[UInt64]] {
            var node = Fixture.node(terms: terms)
            _ = step(&node, heartbeat(), from: "c", child)
            XCTAssertEqual(node.leader, "c", "\(terms)")
            XCTAssertNil(node.status.divergence)
        }
    }

    func testVotesAreNotGivenAcrossEpochs() {
        let vote = RPCRequest.requestVote(RequestVote(term: 9, isPreVote: false, lastEntry: EntryID(term: 9, index: 9)))
        var parent = Fixture.node(terms: [1, 1])
        XCTAssertTrue(isDropped(step(&parent, vote, from: "c", child)))
        XCTAssertEqual(parent.term, 1)
        var joined = Fixture.node(terms: [1, 1])
        _ = step(&joined, heartbeat(), from: "c", child)
        XCTAssertTrue(isDropped(step(&joined, vote, from: "b", .initial)))
        XCTAssertEqual(joined.term, 5)
    }

    func testVotesOfAnotherEpochAreNotCounted() {
        var node = Fixture.node(terms: [1, 1])
        Fixture.makeCandidate(&node)
        let vote = RequestVote.Reply(term: node.term, isPreVote: false, granted: true)
        node.step(.reply(.requestVote(vote), from: Fixture.identity("b"), epoch: child), now: .zero)
        XCTAssertEqual(node.role, .candidate)
        node.step(.reply(.requestVote(vote), from: Fixture.identity("b")), now: .zero)
        XCTAssertEqual(node.role, .leader)
    }

    func testWhoWaitsForTheNewEpochsEntriesDoesNotCampaign() {
        var node = Fixture.node(terms: [1, 1])
        _ = step(&node, heartbeat(), from: "c", child)
        node.step(.deadline, now: .milliseconds(10_000))
        let readies = node.persistAll(now: .milliseconds(10_000))
        XCTAssertEqual(node.role, .follower)
        XCTAssertEqual(readies.voteRequests(to: "b").count, 0)
        node.step(.campaign, now: .milliseconds(10_000))
        XCTAssertEqual(node.role, .follower)
    }

    func testAnEpochBegunWithoutOursStopsTheNode() {
        let other = Epoch(number: 1, id: 78, parent: 0, fork: 2)
        var node = Fixture.node(terms: [1, 1])
        _ = step(&node, heartbeat(), from: "c", child)
        XCTAssertTrue(isDropped(step(&node, heartbeat(), from: "b", other)))
        XCTAssertEqual(node.status.divergence?.epoch, other)
    }

    func testWhoMissedTwoPromotionsStops() {
        var node = Fixture.node(terms: [1, 1])
        let grandchild = Epoch(number: 2, id: 79, parent: 77, fork: 2)
        XCTAssertTrue(isDropped(step(&node, heartbeat(), from: "c", grandchild)))
        XCTAssertEqual(node.status.divergence?.peer, "c")
        XCTAssertEqual(node.status.last.index, 2)
    }

    func testAStrangerStopsNobody() {
        var node = Fixture.node(terms: [1, 1])
        let other = Epoch(number: 5, id: 1, parent: 2, fork: 2)
        let stranger = MemberIdentity(id: "c", incarnation: Incarnation(12_345))
        node.step(.request(heartbeat(), from: stranger, epoch: other, token: ReplyToken(9)), now: .zero)
        node.step(.otherEpoch(other, from: stranger), now: .zero)
        XCTAssertNil(node.status.divergence)
    }

    func testThatAMemberWasPromotedIsNoReasonToStopForItsParent() {
        var node = Fixture.node(terms: [1, 1])
        node.step(.otherEpoch(child, from: Fixture.identity("c")), now: .zero)
        XCTAssertNil(node.status.divergence)
    }
}
