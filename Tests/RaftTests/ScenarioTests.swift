import Raft
import XCTest

/// Whole stories on a small cluster: those by which etcd's Raft is tested, told anew, where no other file tells them.
final class ScenarioTests: XCTestCase {
    private func isCommitted(_ ticket: Ticket, in network: Network) -> Bool {
        if case .committed = network.outcome(ticket) { true } else { false }
    }

    /// A fresh cluster: the first voter campaigns, its no-op commits everywhere, and so does the formation's entry.
    func testAFreshClusterElectsWhoCampaigns() {
        var network = Network()
        network.step("a", .campaign)
        network.settle()
        XCTAssertEqual(network.leader, "a")
        network.run(for: .milliseconds(20))
        for id in ["a", "b", "c"] as [NodeID] {
            XCTAssertEqual(network.status(id).leader, "a")
            XCTAssertEqual(network.status(id).term, 2)
            XCTAssertEqual(network[id].applied, 2)
            XCTAssertEqual(network[id].disk.log.map(\.kind), [.membership, .noop])
        }
        XCTAssertEqual(network.checker.violations, [])
    }

    func testASingleVoterServesAlone() {
        var network = Network(voters: ["a"])
        network.run(for: .milliseconds(300))
        XCTAssertEqual(network.leader, "a")
        let tickets = (0..<3).map { _ in network.propose(at: "a", entries: 2) }
        XCTAssertEqual(
            tickets.map { network.outcome($0) },
            [3, 5, 7].enumerated().map {
                .committed(tickets[$0.offset], indexes: $0.element...($0.element.next), copies: 1)
            }
        )
    }

    func testF1APairNeedsBoth() {
        var network = Network(voters: ["a", "b"])
        network.elect("a")
        let both = network.propose(at: "a")
        network.settle()
        XCTAssertEqual(network.outcome(both), .committed(both, indexes: 3...3, copies: 2))
        network.crash("b")
        network.run(for: .milliseconds(60))
        let alone = network.propose(at: "a")
        XCTAssertEqual(network.outcome(alone), .rejected(alone, .noQuorum))
        network.run(for: .seconds(1))
        XCTAssertNil(network.leader)
        network.start("b")
        XCTAssertNotNil(network.runUntilLeader())
        XCTAssertEqual(network.checker.violations, [])
    }

    /// The leader writes beside its followers: with all disks slow, an entry is on its way before it is written
    /// anywhere, and committed when a quorum has written it.
    func testReplicationDoesNotWaitForTheLeadersDisk() {
        var network = Network()
        network.elect("a")
        for id in ["a", "b", "c"] as [NodeID] { network[id].syncsAtOnce = false }
        let ticket = network.propose(at: "a")
        network.settle()
        XCTAssertEqual(network.status("b").last.index, 3)
        network.sync("b")
        network.sync("c")
        network.settle()
        XCTAssertEqual(network.status("a").commit, 3)
        XCTAssertNil(network.outcome(ticket))
        network.sync("a")
        XCTAssertTrue(isCommitted(ticket, in: network))
        XCTAssertEqual(network.checker.violations, [])
    }

    /// Followers that are silent for an election timeout cost the leader its office, others' votes not before.
    func testALeaderWithoutItsFollowersStepsDown() {
        var network = Network()
        network.elect("a")
        network.isolate("a")
        network.run(for: .milliseconds(80))
        XCTAssertEqual(network.status("a").role, .leader)
        network.run(for: .milliseconds(80))
        XCTAssertEqual(network.status("a").role, .follower)
        XCTAssertNil(network.status("a").leader)
        XCTAssertEqual(network.status("a").term, 2)
    }

    /// A node with a short log gets no pre-votes; one that is up to date wins.
    func testAShortLogGetsNoPreVotes() {
        var network = Network()
        network.elect("a")
        network.isolate("c")
        _ = network.propose(at: "a")
        network.settle()
        network.crash("a")
        network.cuts = []
        network.step("b", .refused("a"))
        network.step("c", .campaign)
        network.settle()
        XCTAssertEqual(network.status("c").role, .preCandidate)
        XCTAssertEqual(network.status("c").term, 2)
        XCTAssertEqual(network.runUntilLeader(), "b")
        XCTAssertEqual(network.checker.violations, [])
    }

    /// Two pre-candidates at once: whoever loses raises no term, and one is elected.
    func testDuelingPreCandidates() {
        for seed in 1...30 as ClosedRange<UInt64> {
            var network = Network(seed: seed)
            network.step("a", .campaign)
            network.step("b", .campaign)
            network.settle()
            guard network.runUntilLeader() != nil else { return XCTFail("no leader with seed \(seed)") }
            for id in network.upNodes { XCTAssertLessThanOrEqual(network.status(id).term, 4) }
            XCTAssertEqual(network.checker.violations, [])
        }
    }

    /// A leader overwrites the tails of others, also where they are longer.
    func testALeaderOverwritesLongerTails() {
        var network = Network(
            voters: ["a", "b", "c", "d", "e"],
            logs: ["a": [1, 3], "b": [1, 3], "c": [1, 2, 2, 2], "d": [1], "e": [1, 2, 2, 2]]
        )
        network.step("a", .campaign)
        network.settle()
        XCTAssertEqual(network.leader, "a")
        network.run(for: .milliseconds(100))
        for id in network.upNodes { XCTAssertEqual(network[id].disk.log, network["a"].disk.log) }
        XCTAssertEqual(network.checker.violations, [])
    }

    /// Entries of an earlier term commit with the new leader's first own, not before.
    func testOldEntriesCommitWithTheNewTermsFirst() {
        var network = Network(voters: ["a", "b", "c", "d", "e"])
        network.elect("a")
        for other in ["c", "d", "e"] as [NodeID] { network.cuts += [("a", other), (other, "a")] }
        let ticket = network.propose(at: "a")
        network.settle()
        XCTAssertFalse(isCommitted(ticket, in: network))
        network.crash("a")
        network.cuts = []
        network.run(for: .milliseconds(160))
        network.elect("b")
        XCTAssertEqual(network.leader, "b")
        XCTAssertEqual(network.checker.committed.suffix(2).map(\.term), [2, 3])
        XCTAssertEqual(Payload.ticket(of: network.checker.committed.dropLast().last), ticket)
        XCTAssertEqual(network.checker.violations, [])
    }

    /// A lost acknowledgement delays the news of a commit, and loses nothing.
    func testALostAcknowledgementIsMadeUpFor() {
        var network = Network()
        network.elect("a")
        network.reportsLosses = false
        _ = network.propose(at: "a")
        while let place = network.packets.firstIndex(where: { $0.from == "c" }) ?? network.packets.indices.first {
            if network.packets[place].from == "c" {
                network.packets.remove(at: place)
            } else {
                network.deliver(at: place)
            }
        }
        XCTAssertEqual(network.status("a").peers.map(\.match), [3, 2])
        network.run(for: .milliseconds(400))
        XCTAssertEqual(network.status("a").peers.map(\.match), [3, 3])
        XCTAssertEqual(network["c"].applied, 3)
        XCTAssertEqual(network.leader, "a")
    }

    /// A vote request that is answered from any role: by its term and its log alone, where no leader is fresh.
    func testAnyRoleVotesForANewerTerm() {
        for role in [RaftElection.Role.follower, .preCandidate, .candidate] {
            var node = Fixture.node()
            if role == .preCandidate { node.step(.campaign, now: .zero) }
            if role == .candidate { Fixture.makeCandidate(&node) }
            XCTAssertEqual(node.role, role)
            let request = RequestVote(term: 9, isPreVote: false, lastEntry: EntryID(term: 1, index: 1))
            XCTAssertEqual(
                node.answer(.requestVote(request), from: "c"),
                .requestVote(.init(term: 9, isPreVote: false, granted: true))
            )
            XCTAssertEqual(node.role, .follower)
        }
    }

    func testALearnerHoldsEverythingAndCountsForNothing() {
        var network = Network(voters: ["a", "b"], learners: ["l"])
        network.elect("a")
        _ = network.propose(at: "a")
        network.run(for: .milliseconds(20))
        XCTAssertEqual(network["l"].applied, 3)
        network.crash("b")
        network.run(for: .milliseconds(60))
        let ticket = network.propose(at: "a")
        XCTAssertEqual(network.outcome(ticket), .rejected(ticket, .noQuorum))
        XCTAssertEqual(network.checker.violations, [])
    }

    /// All processes die in the middle of writing; what was acknowledged is there when they are back.
    func testAWholeClusterComesBack() {
        var network = Network()
        network.elect("a")
        let acknowledged = (0..<20).map { _ in
            let ticket = network.propose(at: "a", entries: 3)
            network.settle()
            return ticket
        }
        for id in network.upNodes { network[id].syncsAtOnce = false }
        let pending = network.propose(at: "a", entries: 3)
        network.settle()
        for (kept, id) in network.upNodes.enumerated() { network.crash(id, keepingWrites: 0, entries: kept * 2) }
        for machine in network.machines {
            network[machine.identity.id].syncsAtOnce = true
            network.start(machine.identity.id, checkpoint: 5)
        }
        XCTAssertNotNil(network.runUntilLeader())
        for ticket in acknowledged { XCTAssertTrue(isCommitted(ticket, in: network)) }
        XCTAssertNil(network.outcome(pending))
        network.run(for: .milliseconds(100))
        XCTAssertEqual(Set(network.machines.map(\.applied)).count, 1)
        network.checker.conclude()
        XCTAssertEqual(network.checker.violations, [])
    }

    /// Killing the leader again and again, under load: nothing acknowledged is lost, and every outcome is known in the
    /// end or the client was told nothing.
    func testRollingLeaderCrashesUnderLoad() {
        var network = Network()
        network.elect("a")
        for _ in 0..<30 {
            guard let leader = network.runUntilLeader() else { return XCTFail("no leader") }
            for _ in 0..<5 { _ = network.propose(at: leader) }
            network.run(for: .milliseconds(1))
            _ = network.propose(at: leader)
            network.crash(leader)
            for peer in network.upNodes { network.step(peer, .refused(leader)) }
            guard network.runUntilLeader() != nil else { return XCTFail("no successor") }
            network.start(leader, checkpoint: network[leader].applied)
            network.run(for: .milliseconds(100))
        }
        XCTAssertGreaterThan(network.checker.acknowledged, 150)
        network.checker.conclude()
        XCTAssertEqual(network.checker.violations, [])
    }
}
