import Raft
import XCTest

final class FastFailoverTests: XCTestCase {
    private func following(_ leader: NodeID = "b", of voters: [NodeID] = ["a", "b", "c"]) -> RaftNode {
        var node = Fixture.node(of: voters)
        node.receive(.heartbeat(.init(term: 1, commit: .zero, round: 1)), from: leader)
        node.persistAll(now: .zero)
        return node
    }

    func testARefusedLeaderIsForgottenAndReplacedSoon() {
        var delays: Set<Duration> = []
        for seed in 1...200 as ClosedRange<UInt64> {
            var node = Fixture.node(seed: seed)
            node.receive(.heartbeat(.init(term: 1, commit: .zero, round: 1)), from: "b")
            node.step(.refused("b"), now: .milliseconds(10))
            XCTAssertNil(node.leader)
            guard let deadline = node.takeReady()?.deadline else { return XCTFail("no deadline") }
            delays.insert(deadline.since(.milliseconds(10)))
            node.step(.deadline, now: deadline)
            XCTAssertEqual(node.role, .preCandidate)
        }
        XCTAssertGreaterThan(delays.count, 190)
        for delay in delays { XCTAssertTrue((.zero ..< .milliseconds(20)).contains(delay)) }
    }

    func testOnlyTheLeadersRefusalMatters() {
        var node = following("b")
        node.step(.refused("c"), now: .milliseconds(1))
        XCTAssertEqual(node.leader, "b")
        XCTAssertNil(node.takeReady())
    }

    func testAVoterThatForgotItsLeaderGrantsPreVotes() {
        var node = following("b")
        let request = RPCRequest.requestVote(
            RequestVote(term: 2, isPreVote: true, lastEntry: EntryID(term: 1, index: 1))
        )
        let refused = RPCReply.requestVote(.init(term: 1, isPreVote: true, granted: false))
        XCTAssertEqual(node.answer(request, from: "c", now: .milliseconds(1)), refused)
        node.step(.refused("b"), now: .milliseconds(1))
        let granted = RPCReply.requestVote(.init(term: 2, isPreVote: true, granted: true))
        XCTAssertEqual(node.answer(request, from: "c", now: .milliseconds(1)), granted)
    }

    /// The others may not have missed the leader yet: ask again in 5 to 10 ms, until the ordinary pace would take over.
    func testARefusedPreVoteIsTriedAgainSoon() {
        var node = following("b")
        node.step(.refused("b"), now: .zero)
        var now = node.takeReady()?.deadline ?? .zero
        var tries = 0
        while now < .milliseconds(280) {
            node.step(.deadline, now: now)
            XCTAssertEqual(node.role, .preCandidate)
            node.persistAll(now: now)
            tries += 1
            node.receive(.requestVote(.init(term: 1, isPreVote: true, granted: false)), from: "c", now: now)
            guard let next = node.takeReady()?.deadline else { return XCTFail("no deadline") }
            XCTAssertTrue((.milliseconds(5) ... .milliseconds(10)).contains(next.since(now)), "\(next.since(now))")
            now = next
        }
        XCTAssertGreaterThan(tries, 25)
        now = .milliseconds(310)
        node.step(.deadline, now: now)
        node.persistAll(now: now)
        node.receive(.requestVote(.init(term: 1, isPreVote: true, granted: false)), from: "c", now: now)
        node.step(.deadline, now: now + .milliseconds(20))
        XCTAssertEqual(node.persistAll(now: now + .milliseconds(20)).voteRequests(to: "c"), [])
    }

    func testHearingALeaderEndsTheHurry() {
        var node = following("b")
        node.step(.refused("b"), now: .zero)
        node.receive(.heartbeat(.init(term: 2, commit: .zero, round: 1)), from: "c", now: .milliseconds(1))
        guard let deadline = node.takeReady()?.deadline else { return XCTFail("no deadline") }
        XCTAssertGreaterThanOrEqual(deadline, .milliseconds(151))
    }

    func testALeaderCountsARefusedPeerAsGoneUntilItIsHeard() {
        var node = Fixture.node()
        Fixture.elect(&node)
        node.step(.refused("c"), now: .zero)
        XCTAssertEqual(node.status.peers.map(\.isAtHand), [true, false])
        XCTAssertEqual(node.status.peers.map(\.isRefused), [false, true])
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "c")
        XCTAssertEqual(node.status.peers.map(\.isAtHand), [true, true])
    }

    /// A killed leader is replaced in a few tens of milliseconds: the figure the product promises, without disk and
    /// network.
    func testAKilledLeaderIsReplacedFast() {
        for size in [3, 5] {
            var times: [Duration] = []
            for seed in 1...60 as ClosedRange<UInt64> {
                let names = (["a", "b", "c", "d", "e"] as [NodeID]).prefix(size)
                var network = Network(voters: Array(names), seed: seed)
                network.elect("a")
                network.run(for: .milliseconds(Int(seed % 50)))
                network.crash("a")
                let killed = network.now
                for peer in network.upNodes { network.step(peer, .refused("a")) }
                while network.leader == nil, network.now < killed + .seconds(2) { network.run(for: .milliseconds(1)) }
                times.append(network.now.since(killed))
                XCTAssertEqual(network.checker.violations, [])
            }
            times.sort()
            XCTAssertLessThan(times[30], .milliseconds(20), "median of \(size)")
            XCTAssertLessThan(times[59], .milliseconds(60), "worst of \(size)")
        }
    }

    /// Without the hint, as when the machine is gone: the election timeout decides.
    func testASilentLeaderIsReplacedWithinTheTimeouts() {
        var times: [Duration] = []
        for seed in 1...60 as ClosedRange<UInt64> {
            var network = Network(seed: seed)
            network.elect("a")
            network.reportsLosses = false
            network.crash("a")
            let killed = network.now
            while network.leader == nil, network.now < killed + .seconds(5) { network.run(for: .milliseconds(1)) }
            times.append(network.now.since(killed))
        }
        times.sort()
        XCTAssertLessThan(times[30], .milliseconds(260))
        XCTAssertLessThan(times[59], .milliseconds(900))
    }
}
