import Raft
import XCTest

/// Elections that went wrong elsewhere: pitfalls C.
final class ElectionPitfallTests: XCTestCase {
    private func preVote(_ term: Term, last: EntryID = EntryID(term: 1, index: 1)) -> RPCRequest {
        .requestVote(RequestVote(term: term, isPreVote: true, lastEntry: last))
    }

    private func vote(_ term: Term, last: EntryID = EntryID(term: 1, index: 1)) -> RPCRequest {
        .requestVote(RequestVote(term: term, isPreVote: false, lastEntry: last))
    }

    private func reply(_ term: Term, isPreVote: Bool, _ granted: Bool) -> RPCReply {
        .requestVote(.init(term: term, isPreVote: isPreVote, granted: granted))
    }

    /// C1: a pre-vote for a term below ours is answered with ours.
    func testC1APreVoteOfALowerTermIsAnsweredWithOurs() {
        var node = Fixture.node(term: 5)
        XCTAssertEqual(node.answer(preVote(2), from: "b"), reply(5, isPreVote: true, false))
    }

    func testC1ANodeOfASmallerTermCanCompleteAnElection() {
        var network = Network()
        network["c"].syncsAtOnce = true
        network.isolate("c")
        network.elect("a")
        network.crash("a")
        network.cuts = []
        network.run(for: .seconds(2))
        XCTAssertNotNil(network.leader)
        XCTAssertEqual(network.checker.violations, [])
    }

    /// C2: one cohort with the long log and a low term, one with the short log and a high term: refused pre-votes teach
    /// the term, so the long log wins.
    func testC2ARefusedPreVoteTeachesTheHigherTerm() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var network = Network(
                voters: ["a", "b", "c", "d"],
                logs: [
                    "a": [1, 2, 2], "b": [1, 2, 2], "c": [1], "d": [1],
                ],
                seed: seed
            )
            for id in ["c", "d"] as [NodeID] {
                network.crash(id)
                network[id].disk.write(
                    Persist(token: PersistToken(1), hardState: HardState(term: 10, vote: nil))
                )
                network.start(id)
            }
            network.run(for: .seconds(2))
            guard let leader = network.leader else { return XCTFail("deadlock with seed \(seed)") }
            XCTAssertTrue(["a", "b"].contains(leader))
            XCTAssertEqual(network.checker.violations, [])
        }
    }

    /// C3: a granted pre-vote echoes the term that was asked for, a pre-candidate has no leader, and a new pre-campaign
    /// has no old votes.
    func testC3PreCandidatesStartAfresh() {
        var node = Fixture.node(of: ["a", "b", "c", "d", "e"], term: 4)
        XCTAssertEqual(node.answer(preVote(9), from: "b"), reply(9, isPreVote: true, true))
        XCTAssertEqual(node.status.term, 4, "a pre-vote changes no term")
        node.receive(.heartbeat(.init(term: 4, commit: .zero, round: 1)), from: "b")
        node.step(.campaign, now: .zero)
        XCTAssertNil(node.leader)
        node.receive(reply(5, isPreVote: true, true), from: "c")
        node.step(.campaign, now: .zero)
        node.receive(reply(5, isPreVote: true, true), from: "d")
        XCTAssertEqual(node.role, .preCandidate, "one vote of each campaign is not two of one")
        node.receive(reply(5, isPreVote: true, true), from: "d")
        XCTAssertEqual(node.role, .preCandidate, "nobody votes twice")
        node.receive(reply(5, isPreVote: true, true), from: "b")
        XCTAssertEqual(node.role, .candidate)
    }

    /// C4: a node that comes back from isolation does not depose a healthy leader.
    func testC4ARejoiningNodeDoesNotDisturb() {
        var network = Network()
        network.elect("a")
        network.isolate("c")
        network.run(for: .seconds(3))
        XCTAssertEqual(network.status("c").term, 2, "pre-votes raise no term")
        network.cuts = []
        network.run(for: .seconds(1))
        XCTAssertEqual(network.leader, "a")
        XCTAssertEqual(network.status("a").term, 2)
        XCTAssertEqual(network.status("c").leader, "a")
    }

    /// C4: a candidate stuck in a higher term frees itself: the leader hears of it and a new election unites them.
    func testC4AStuckCandidateOfAHigherTermIsFreed() {
        var network = Network()
        network.elect("a")
        network.crash("c")
        network["c"].disk.write(Persist(token: PersistToken(1), hardState: HardState(term: 8, vote: "c")))
        network.start("c")
        network.run(for: .seconds(2))
        guard let leader = network.leader else { return XCTFail("no leader") }
        XCTAssertGreaterThan(network.status(leader).term, 8)
        XCTAssertEqual(network.status("c").leader, leader)
    }

    /// C5: while its leader is fresh a voter refuses, and refusing does not put off its own campaign.
    func testC5AVoterWithAFreshLeaderRefusesAndKeepsItsTime() {
        var node = Fixture.node()
        node.receive(.heartbeat(.init(term: 1, commit: .zero, round: 1)), from: "b")
        guard let deadline = node.persistAll(now: .zero).last?.deadline else { return XCTFail("no deadline") }
        let last = EntryID(term: 9, index: 9)
        for request in [preVote(7, last: last), vote(7, last: last)] {
            guard case .requestVote(let answer) = node.answer(request, from: "c", now: .milliseconds(149)) else {
                return XCTFail("no answer")
            }
            XCTAssertFalse(answer.granted)
            XCTAssertEqual(answer.term, 1)
        }
        XCTAssertEqual(node.status.term, 1)
        node.receive(
            .requestVote(.init(term: 7, isPreVote: true, lastEntry: .zero)),
            from: "c",
            now: .milliseconds(149)
        )
        XCTAssertEqual(node.takeReady()?.deadline, deadline)
        XCTAssertEqual(
            node.answer(preVote(7, last: last), from: "c", now: .milliseconds(150)),
            reply(7, isPreVote: true, true)
        )
    }

    func testC5ALeaderRefusesEveryone() {
        var node = Fixture.node()
        Fixture.elect(&node)
        XCTAssertEqual(
            node.answer(preVote(9, last: EntryID(term: 9, index: 9)), from: "b"),
            reply(2, isPreVote: true, false)
        )
        XCTAssertEqual(
            node.answer(vote(9, last: EntryID(term: 9, index: 9)), from: "b"),
            reply(2, isPreVote: false, false)
        )
        XCTAssertEqual(node.role, .leader)
    }

    /// C6: links missing between some (Cloudflare, November 2020): one leader stays, and goes on committing.
    func testC6APartialMeshHasAStableLeader() {
        let meshes: [[(NodeID, NodeID)]] = [
            [("a", "c"), ("c", "a")],
            [("a", "b"), ("b", "a")],
            [("a", "c"), ("c", "a"), ("a", "d"), ("d", "a"), ("b", "e"), ("e", "b")],
        ]
        for (place, mesh) in meshes.enumerated() {
            var network = Network(voters: place == 2 ? ["a", "b", "c", "d", "e"] : ["a", "b", "c"])
            network.elect("a")
            network.cuts = mesh
            network.run(for: .seconds(1))
            guard let leader = network.leader else { return XCTFail("no leader in mesh \(place)") }
            let term = network.status(leader).term
            network.run(for: .seconds(5))
            XCTAssertEqual(network.leader, leader)
            XCTAssertEqual(network.status(leader).term, term)
            let ticket = network.propose(at: leader)
            network.run(for: .milliseconds(100))
            guard case .committed = network.outcome(ticket) else { return XCTFail("mesh \(place) does not commit") }
            XCTAssertEqual(network.checker.violations, [])
        }
    }

    /// C7: a leader that reaches only a bridge stops its heartbeats, or the bridge would never vote for another.
    func testC7ALeaderThatReachesOnlyABridgeGivesWay() {
        var network = Network(voters: ["a", "b", "c", "d", "e"])
        network.elect("a")
        for other in ["c", "d", "e"] as [NodeID] { network.cuts += [("a", other), (other, "a")] }
        network.run(for: .seconds(2))
        guard let leader = network.leader else { return XCTFail("no leader") }
        XCTAssertNotEqual(leader, "a")
        XCTAssertNotEqual(network.status("a").role, .leader)
        let ticket = network.propose(at: leader)
        network.run(for: .milliseconds(100))
        guard case .committed = network.outcome(ticket) else { return XCTFail("no commit") }
        XCTAssertEqual(network.checker.violations, [])
    }

    /// C8: a leader that can send but not hear steps down within an election timeout.
    func testC8ALeaderThatHearsNothingStepsDown() {
        var network = Network()
        network.elect("a")
        network.cuts = [("b", "a"), ("c", "a")]
        network.run(for: .milliseconds(151))
        XCTAssertNotEqual(network.status("a").role, .leader)
        network.run(for: .seconds(1))
        XCTAssertTrue(["b", "c"].contains(network.leader))
    }

    /// C8: a follower that can send but not hear raises no terms.
    func testC8AFollowerThatHearsNothingRaisesNoTerms() {
        var network = Network()
        network.elect("a")
        network.cuts = [("a", "c"), ("b", "c")]
        network.run(for: .seconds(3))
        XCTAssertEqual(network.leader, "a")
        XCTAssertEqual(network.machines.map { network.status($0.identity.id).term }, [2, 2, 2])
    }

    /// C9: each campaign draws its time anew.
    func testC9EachCampaignDrawsItsTimeAnew() {
        var node = Fixture.node()
        var waits: Set<Duration> = []
        var now = Instant.zero
        for _ in 0..<50 {
            guard let deadline = node.takeReady()?.deadline else { return XCTFail("no deadline") }
            waits.insert(deadline.since(now))
            now = deadline
            node.step(.deadline, now: now)
        }
        XCTAssertGreaterThan(waits.count, 45)
        for wait in waits { XCTAssertTrue((.milliseconds(150) ..< .milliseconds(300)).contains(wait), "\(wait)") }
    }

    /// C10: a leader whose disk hangs, while the others commit, gives way; and is not elected again.
    func testC10ALeaderWithAHangingDiskGivesWay() {
        var network = Network()
        network.elect("a")
        network["a"].syncsAtOnce = false
        let ticket = network.propose(at: "a")
        network.run(for: .milliseconds(590))
        XCTAssertEqual(network.leader, "a", "a slow write is no reason")
        network.run(for: .seconds(2))
        guard let leader = network.leader else { return XCTFail("no leader") }
        XCTAssertNotEqual(leader, "a")
        XCTAssertNil(network.outcome(ticket))
        network.sync("a")
        network["a"].syncsAtOnce = true
        network.run(for: .seconds(1))
        guard case .committed = network.outcome(ticket) else { return XCTFail("the entry is on the others' disks") }
        XCTAssertEqual(network.checker.violations, [])
    }

    /// C10, the other way: one voter's slow disk, or everyone's, changes no leader.
    func testC10SlowDisksChangeNoLeader() {
        for slow in [["b"], ["a", "b", "c"]] as [[NodeID]] {
            var network = Network()
            network.elect("a")
            for id in slow { network[id].syncsAtOnce = false }
            _ = network.propose(at: "a")
            network.run(for: .seconds(5))
            XCTAssertEqual(network.leader, "a")
            XCTAssertEqual(network.status("a").term, 2)
        }
    }

    /// C11: the own vote reaches the disk when the term is another already.
    func testC11AnOwnVoteOfALostElectionIsIgnored() {
        var node = Fixture.node()
        node.step(.campaign, now: .zero)
        node.persistAll(now: .zero)
        node.receive(reply(2, isPreVote: true, true), from: "b")
        guard let token = node.takeReady()?.persist?.token else { return XCTFail("no vote to write") }
        node.receive(.heartbeat(.init(term: 2, commit: .zero, round: 1)), from: "b")
        node.step(.persisted(token), now: .zero)
        XCTAssertEqual(node.role, .follower)
        XCTAssertEqual(node.leader, "b")
    }

    func testC11AnOwnVoteOfAnEarlierTermIsIgnored() {
        var node = Fixture.node(of: ["a", "b"])
        node.step(.campaign, now: .zero)
        node.persistAll(now: .zero)
        node.receive(reply(2, isPreVote: true, true), from: "b")
        guard let token = node.takeReady()?.persist?.token else { return XCTFail("no vote to write") }
        node.receive(reply(6, isPreVote: false, false), from: "b")
        node.step(.campaign, now: .zero)
        node.receive(reply(7, isPreVote: true, true), from: "b")
        guard let second = node.takeReady()?.persist else { return XCTFail("no vote to write") }
        XCTAssertEqual(second.hardState, HardState(term: 7, vote: "a"))
        node.receive(reply(7, isPreVote: false, true), from: "b")
        node.step(.persisted(token), now: .zero)
        XCTAssertEqual(node.role, .candidate, "the vote of term 2 is on disk, that of term 7 is not")
        node.step(.persisted(second.token), now: .zero)
        XCTAssertEqual(node.role, .leader)
    }

    func testAVoteOfAnEarlierTermDoesNotCount() {
        var node = Fixture.node()
        Fixture.makeCandidate(&node)
        node.step(.campaign, now: .zero)
        node.receive(reply(3, isPreVote: true, true), from: "b")
        node.persistAll(now: .zero)
        XCTAssertEqual(node.status.term, 3)
        node.receive(reply(2, isPreVote: false, true), from: "b")
        XCTAssertEqual(node.role, .candidate)
        node.receive(reply(3, isPreVote: false, true), from: "c")
        XCTAssertEqual(node.role, .leader)
    }

    /// C14: a learner votes when it is asked, for it may not yet know that it is a voter; it asks nobody.
    func testC14ALearnerVotesButDoesNotCampaign() {
        var node = Fixture.node("l", learners: ["l"])
        XCTAssertEqual(node.answer(vote(3), from: "b"), reply(3, isPreVote: false, true))
        node.step(.campaign, now: .milliseconds(10))
        XCTAssertEqual(node.role, .follower)
        for turn in 1...5 {
            node.step(.deadline, now: .milliseconds(300 * turn))
            XCTAssertEqual(node.persistAll(now: .milliseconds(300 * turn)).requests.count, 0)
        }
        XCTAssertEqual(node.role, .follower)
        XCTAssertEqual(node.status.term, 3)
    }

    func testAWitnessVotesButNeverCampaigns() {
        var network = Network(voters: ["a", "b"], witnesses: ["w"])
        network.step("w", .campaign)
        network.isolate("a")
        network.isolate("b")
        network.run(for: .seconds(3))
        XCTAssertEqual(network.status("w").role, .follower)
        network.cuts = []
        network.crash("a")
        network.run(for: .seconds(2))
        XCTAssertEqual(network.leader, "b")
    }

    /// Another incarnation under a known name is nobody: it has no vote, and is told nothing.
    func testB18AnotherIncarnationIsNotHeard() {
        var node = Fixture.node()
        let stranger = MemberIdentity(id: "b", incarnation: 99)
        for sender in [stranger, Fixture.identity("a")] {
            for request in [vote(7), preVote(7), .heartbeat(.init(term: 7, commit: .zero, round: 1))] {
                node.step(.request(request, from: sender, token: ReplyToken(5)), now: .zero)
                let ready = node.takeReady()
                XCTAssertEqual(ready?.dropped, [ReplyToken(5)])
                XCTAssertEqual(ready?.promises, [])
            }
        }
        Fixture.makeCandidate(&node)
        node.step(.reply(reply(2, isPreVote: false, true), from: stranger), now: .zero)
        XCTAssertEqual(node.role, .candidate)
        XCTAssertEqual(node.status.term, 2)
    }

    /// A term that no cluster lives to see is damage: it must not become ours, nor overflow it.
    func testATermBeyondReasonIsDropped() {
        var node = Fixture.node()
        node.receive(vote(Term(.max)), from: "b", token: 3)
        XCTAssertEqual(node.takeReady()?.dropped, [ReplyToken(3)])
        node.receive(.heartbeat(.init(term: Term(.max), round: 1)), from: "b")
        XCTAssertEqual(node.status.term, 1)
    }
}
