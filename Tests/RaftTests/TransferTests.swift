import Raft
import XCTest

/// A leader hands over (dissertation §3.10).
final class TransferTests: XCTestCase {
    private func cluster(
        voters: [NodeID] = ["a", "b", "c"],
        learners: [NodeID] = [],
        witnesses: [NodeID] = []
    ) -> Network {
        var network = Network(voters: voters, learners: learners, witnesses: witnesses)
        network.elect("a")
        network.run(for: .milliseconds(200))
        return network
    }

    private func isClean(_ network: Network, file: StaticString = #filePath, line: UInt = #line) {
        XCTAssertEqual(network.checker.violations, [], file: file, line: line)
    }

    // MARK: Done

    /// No time passes: the target neither waits nor asks for pre-votes, and nobody refuses it for the leader's sake.
    func testTransferToAnUpToDateNode() {
        var network = cluster()
        let ticket = network.transfer(at: "a", to: "c")
        network.settle()
        XCTAssertEqual(network.leader, "c")
        XCTAssertEqual(network.status("c").term, 3)
        XCTAssertTrue(network.status("c").isLeaderReady)
        XCTAssertEqual(network.status("a").role, .follower)
        XCTAssertEqual(network.outcome(ticket), .transferred(ticket, to: "c"))
        isClean(network)
    }

    func testWithoutAWishWhoLacksLeastTakesOver() {
        var network = cluster()
        network["b"].syncsAtOnce = false
        _ = network.propose(at: "a")
        network.settle()
        let ticket = network.transfer(at: "a")
        network.settle()
        XCTAssertEqual(network.outcome(ticket), .transferred(ticket, to: "c"))
        network["b"].syncsAtOnce = true
        network.sync("b")
        network.run(for: .milliseconds(100))
        let back = network.transfer(at: "c")
        network.settle()
        XCTAssertEqual(network.outcome(back), .transferred(back, to: "a"), "the first by name among equals")
        isClean(network)
    }

    func testTransferToASlowNodeBringsItUpToDateFirst() {
        var network = cluster()
        network["c"].syncsAtOnce = false
        let written = (0..<20).map { _ in
            let ticket = network.propose(at: "a", bytes: 100)
            network.settle()
            return ticket
        }
        let ticket = network.transfer(at: "a", to: "c")
        network.run(for: .milliseconds(60))
        XCTAssertNil(network.outcome(ticket))
        XCTAssertEqual(network.leader, "a")
        network["c"].syncsAtOnce = true
        network.sync("c")
        network.settle()
        XCTAssertEqual(network.outcome(ticket), .transferred(ticket, to: "c"))
        XCTAssertEqual(network.leader, "c")
        for write in written {
            guard case .committed = network.outcome(write) else { return XCTFail("lost") }
        }
        isClean(network)
    }

    func testTransferToItselfIsDoneAtOnce() {
        var network = cluster()
        let ticket = network.transfer(at: "a", to: "a")
        XCTAssertEqual(network.outcome(ticket), .transferred(ticket, to: "a"))
        XCTAssertEqual(network.leader, "a")
        XCTAssertEqual(network.status("a").term, 2)
    }

    func testTransferBack() {
        var network = cluster()
        for (from, to) in [("a", "b"), ("b", "a"), ("a", "c"), ("c", "a")] as [(NodeID, NodeID)] {
            let ticket = network.transfer(at: from, to: to)
            network.settle()
            XCTAssertEqual(network.outcome(ticket), .transferred(ticket, to: to))
            XCTAssertEqual(network.leader, to)
            network.run(for: .milliseconds(20))
        }
        isClean(network)
    }

    /// Under load nothing is lost, and what was proposed before is settled by its fate under the successor.
    func testTransferUnderLoadLosesNothing() {
        var network = cluster()
        var tickets: [Ticket] = []
        for round in 0..<30 {
            guard let leader = network.leader else { return XCTFail("no leader") }
            for id in network.upNodes { network[id].syncsAtOnce = round % 3 != 0 }
            for _ in 0..<5 { tickets.append(network.propose(at: leader)) }
            let ticket = network.transfer(at: leader)
            tickets.append(network.propose(at: leader))
            for id in network.upNodes { network[id].syncsAtOnce = true }
            for id in network.upNodes { network.sync(id) }
            network.run(for: .milliseconds(70))
            guard case .transferred = network.outcome(ticket) else { return XCTFail("\(round)") }
        }
        XCTAssertEqual(tickets.count { network.outcome($0) == .rejected($0, .transferring) }, 30)
        XCTAssertEqual(
            tickets.count { if case .committed = network.outcome($0) { true } else { false } },
            tickets.count - 30
        )
        network.checker.conclude()
        isClean(network)
    }

    func testABackupOfAPairWithAWitnessTakesOver() {
        var network = cluster(voters: ["a", "b"], witnesses: ["w"])
        let ticket = network.transfer(at: "a")
        network.settle()
        XCTAssertEqual(network.outcome(ticket), .transferred(ticket, to: "b"))
        let write = network.propose(at: "b", copies: 2)
        network.settle()
        guard case .committed = network.outcome(write) else { return XCTFail("not committed") }
        isClean(network)
    }

    // MARK: Refused

    func testOnlyAReachableVoterWithMessagesCanTakeOver() {
        var network = cluster(voters: ["a", "b"], learners: ["l"], witnesses: ["w"])
        network.crash("b")
        network.run(for: .milliseconds(60))
        for target in ["l", "w", "b", "z", nil] as [NodeID?] {
            let ticket = network.transfer(at: "a", to: target)
            XCTAssertEqual(network.outcome(ticket), .rejected(ticket, .noSuccessor))
        }
        let write = network.propose(at: "a")
        network.settle()
        guard case .committed = network.outcome(write) else { return XCTFail("not committed") }
    }

    func testAFollowerHandsNothingOver() {
        var network = cluster()
        let ticket = network.transfer(at: "b", to: "c")
        XCTAssertEqual(network.outcome(ticket), .rejected(ticket, .notLeader(leader: "a")))
    }

    func testASecondTransferWaitsForTheFirst() {
        var network = cluster()
        network["b"].syncsAtOnce = false
        _ = network.propose(at: "a")
        network.settle()
        let first = network.transfer(at: "a", to: "b")
        for target in ["b", "c"] as [NodeID] {
            let second = network.transfer(at: "a", to: target)
            XCTAssertEqual(network.outcome(second), .rejected(second, .transferring))
        }
        network["b"].syncsAtOnce = true
        network.sync("b")
        network.settle()
        XCTAssertEqual(network.outcome(first), .transferred(first, to: "b"))
    }

    // MARK: Meanwhile

    func testProposalsAreRefusedAndReadsAnsweredMeanwhile() {
        var network = cluster()
        network.cuts = [("a", "c")]
        network.reportsLosses = false
        let ticket = network.transfer(at: "a", to: "c")
        let write = network.propose(at: "a")
        XCTAssertEqual(network.outcome(write), .rejected(write, .transferring))
        let read = network.read(at: "a")
        network.settle()
        guard case .readable = network.outcome(read) else { return XCTFail("not readable") }
        XCTAssertNil(network.outcome(ticket))
        isClean(network)
    }

    /// The hand-over is aborted after an election timeout; this leader goes on.
    func testTransferTimesOut() {
        var network = cluster()
        network.reportsLosses = false
        network.cuts = [("a", "c")]
        let ticket = network.transfer(at: "a", to: "c")
        network.run(for: .milliseconds(149))
        XCTAssertNil(network.outcome(ticket))
        network.run(for: .milliseconds(2))
        XCTAssertEqual(network.outcome(ticket), .rejected(ticket, .transferTimedOut))
        XCTAssertEqual(network.leader, "a")
        let write = network.propose(at: "a")
        network.settle()
        guard case .committed = network.outcome(write) else { return XCTFail("not committed") }
        isClean(network)
    }

    func testALostRequestIsRepeated() {
        var network = cluster()
        let ticket = network.transfer(at: "a", to: "b")
        XCTAssertEqual(network.packets.count, 1)
        network.packets = []
        network.run(for: .milliseconds(60))
        XCTAssertEqual(network.outcome(ticket), .transferred(ticket, to: "b"))
        XCTAssertEqual(network.status("b").term, 3)
    }

    /// Somebody else's election ends it too.
    func testAHigherTermEndsTheTransfer() {
        var network = cluster()
        network.cuts = [("a", "b")]
        let ticket = network.transfer(at: "a", to: "b")
        network.settle()
        let vote = RequestVote(
            term: 5,
            isPreVote: false,
            lastEntry: EntryID(term: 2, index: 2),
            isTransfer: true
        )
        network.step("a", .request(.requestVote(vote), from: Fixture.identity("c"), token: ReplyToken(1 << 40)))
        XCTAssertEqual(network.status("a").role, .follower)
        XCTAssertNil(network.outcome(ticket))
        network.step(
            "a",
            .request(
                .heartbeat(.init(term: 5, commit: .zero, round: 1)),
                from: Fixture.identity("c"),
                token: ReplyToken(1 << 40)
            )
        )
        XCTAssertEqual(network.outcome(ticket), .rejected(ticket, .notLeader(leader: "c")))
    }

    /// It stepped down, and nobody came: the ticket does not wait for ever.
    func testAnOrphanedTransferIsSettledWithTheNextCampaign() {
        var node = Fixture.node()
        Fixture.elect(&node)
        for peer in ["b", "c"] as [NodeID] {
            node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 2))), from: peer)
        }
        node.step(.transferLeadership(1, to: "b"), now: .zero)
        XCTAssertTrue(node.isTransferring)
        node.persistAll(now: .zero)
        node.receive(.timeoutNow(.init(term: 3)), from: "b")
        XCTAssertFalse(node.isTransferring)
        XCTAssertEqual(node.persistAll(now: .zero).settled, [])
        node.step(.deadline, now: .milliseconds(400))
        XCTAssertEqual(node.takeReady()?.settled, [.rejected(1, .notLeader(leader: nil))])
    }

    // MARK: The target

    private let handOver = RPCRequest.timeoutNow(TimeoutNow(term: 1))

    func testTheTargetCampaignsWithoutAskingAndSaysWhy() {
        var node = Fixture.node()
        node.receive(handOver, from: "b")
        XCTAssertEqual(node.role, .candidate)
        XCTAssertEqual(node.status.term, 2)
        let asked = RequestVote(
            term: 2,
            isPreVote: false,
            lastEntry: EntryID(term: 1, index: 1),
            isTransfer: true
        )
        guard let ready = node.takeReady() else { return XCTFail("nothing to do") }
        XCTAssertEqual([ready].voteRequests(to: "c"), [asked])
        XCTAssertEqual(ready.announcements, [], "its vote must be on disk first")
        XCTAssertEqual(ready.persist?.hardState, HardState(term: 2, vote: "a"))
    }

    /// C13: only who may campaign by itself does so when told.
    func testC13NoOtherMemberCampaignsWhenTold() {
        for id in ["l", "w"] as [NodeID] {
            var node = Fixture.node(id, of: ["a", "b"], learners: ["l"], witnesses: ["w"])
            XCTAssertEqual(node.answer(handOver, from: "b"), .timeoutNow(.init(term: 1)))
            XCTAssertEqual(node.role, .follower)
        }
        let stranger = MemberIdentity(id: "a", incarnation: 99)
        let restored = Fixture.restored(
            Fixture.membership(voters: ["a", "b", "c"]),
            log: Fixture.entries(terms: [1])
        )
        var other = RaftNode(
            identity: stranger,
            settings: Settings(),
            seed: 1,
            restored: restored,
            now: .zero
        )
        XCTAssertEqual(other.answer(handOver, from: "b"), .timeoutNow(.init(term: 1)))
        XCTAssertEqual(other.role, .follower)
    }

    func testAStaleRequestToTakeOverChangesNothing() {
        var node = Fixture.node(term: 4)
        XCTAssertEqual(node.answer(handOver, from: "b"), .timeoutNow(.init(term: 4)))
        XCTAssertEqual(node.role, .follower)
        XCTAssertEqual(node.status.term, 4)
    }

    /// C5: a fresh leader protects nobody from the election it asked for; from any other it does.
    func testC5OnlyAFlaggedRequestPassesAFreshLeader() {
        for isTransfer in [false, true] {
            var node = Fixture.node()
            node.receive(.heartbeat(.init(term: 1, commit: .zero, round: 1)), from: "b")
            let request = RequestVote(
                term: 2,
                isPreVote: false,
                lastEntry: EntryID(term: 1, index: 1),
                isTransfer: isTransfer
            )
            XCTAssertEqual(
                node.answer(.requestVote(request), from: "c", now: .milliseconds(1)),
                .requestVote(.init(term: isTransfer ? 2 : 1, isPreVote: false, granted: isTransfer))
            )
        }
    }

    /// A target that lacks entries after all does not win.
    func testATargetThatLacksEntriesIsNotElected() {
        var network = cluster()
        network.cuts = [("a", "c")]
        network.reportsLosses = false
        _ = network.propose(at: "a")
        network.settle()
        network.step(
            "c",
            .request(.timeoutNow(.init(term: 2)), from: Fixture.identity("a"), token: ReplyToken(1 << 40))
        )
        network.cuts = []
        network.settle()
        XCTAssertNotEqual(network.leader, "c")
        XCTAssertNotNil(network.runUntilLeader())
        XCTAssertNotEqual(network.leader, "c")
    }
}
