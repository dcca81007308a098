import Raft
import XCTest

/// Changes of membership that lost data or stopped clusters elsewhere: pitfalls E, and A13, C14, C15.
final class MembershipPitfallTests: XCTestCase {
    private func cluster(_ voters: [NodeID], learners: [NodeID] = [], spares: [NodeID] = []) -> Network {
        var network = Network(voters: voters, learners: learners, spares: spares)
        network.elect("a")
        network.run(for: .milliseconds(200))
        return network
    }

    private func isClean(_ network: Network, file: StaticString = #filePath, line: UInt = #line) {
        XCTAssertEqual(network.checker.violations, [], file: file, line: line)
    }

    private func isCommitted(_ ticket: Ticket, in network: Network) -> Bool {
        if case .committed = network.outcome(ticket) { true } else { false }
    }

    // MARK: E1, E2

    /// E1: two leaders, each with a change from the same membership, could have quorums without a common member. Before
    /// its own first commit, which settles what others began, no leader changes anything.
    func testE1NoChangeBeforeTheLeadersFirstCommit() {
        var node = Fixture.node()
        Fixture.elect(&node)
        node.step(.changeMembership(1, .remove("c")), now: .zero)
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.rejected(1, .change(.unsettled))])
        node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 2))), from: "b")
        node.step(.changeMembership(2, .remove("c")), now: .zero)
        XCTAssertEqual(node.persistAll(now: .zero).settled, [])
        XCTAssertEqual(node.membership.voters.map(\.id), ["a", "b"])
    }

    func testE2OneChangeAtATime() {
        var network = cluster(["a", "b", "c"], learners: ["l"])
        network.cuts = [("b", "a"), ("c", "a")]
        network.reportsLosses = false
        let first = network.change(at: "a", .move("l", url: "http://l.example"))
        network.settle()
        let second = network.change(at: "a", .remove("l"))
        XCTAssertEqual(network.outcome(second), .rejected(second, .change(.unsettled)))
        network.cuts = []
        network.run(for: .milliseconds(500))
        XCTAssertTrue(isCommitted(first, in: network))
        let third = network.change(at: network.leader ?? "a", .remove("l"))
        network.settle()
        XCTAssertTrue(isCommitted(third, in: network))
    }

    /// E2: a new leader finds a change in its log: that one comes first.
    func testE2ANewLeaderTakesTheChangeInItsLogForPending() {
        var network = cluster(["a", "b", "c"], learners: ["l"])
        network.cuts = [("b", "a"), ("c", "a")]
        network.reportsLosses = false
        _ = network.change(at: "a", .move("l", url: "http://l.example"))
        network.settle()
        network.crash("a")
        network.cuts = [("c", "b"), ("l", "b")]
        network.run(for: .milliseconds(160))
        network.step("b", .campaign)
        network.cuts = []
        network.step("b", .campaign)
        network.cuts = [("b", "l")]
        network.settle()
        guard network.leader == "b" else { return XCTFail("b does not lead") }
        XCTAssertEqual(network[network.leader ?? "b"].node?.membership["l"]?.url, "http://l.example")
        network.run(for: .milliseconds(100))
        let next = network.change(at: "b", .remove("l"))
        network.settle()
        XCTAssertTrue(isCommitted(next, in: network))
        isClean(network)
    }

    // MARK: E3, A13

    /// E3: with the entry in the log, the quorum and those who make it are the new ones, both at once.
    func testE3QuorumAndPeersChangeTogether() {
        var node = Fixture.node(of: ["a"], learners: ["l"])
        Fixture.elect(&node)
        node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 2))), from: "l")
        node.persistAll(now: .zero)
        node.step(.changeMembership(1, .promote("l")), now: .zero)
        XCTAssertEqual(node.persistAll(now: .zero).settled, [], "alone it is a quorum no more")
        XCTAssertEqual(node.status.commit, 2)
        node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 3))), from: "l")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.committed(1, indexes: 3...3, copies: 2)])
    }

    /// A13: entries and reads that wait are looked at again when the quorum shrinks.
    func testA13AShrinkingQuorumCommitsWhatWaited() {
        var network = cluster(["a", "b", "c", "d"])
        network.reportsLosses = false
        for id in ["c", "d"] as [NodeID] { network.cuts += [("a", id), (id, "a")] }
        let write = network.propose(at: "a")
        let read = network.read(at: "a")
        network.settle()
        XCTAssertNil(network.outcome(write))
        XCTAssertNil(network.outcome(read))
        // Any event after the change, the end of its own write too, would count anew.
        network["a"].syncsAtOnce = false
        let change = network.change(at: "a", .remove("d"))
        XCTAssertEqual(network.status("a").commit, network["a"].disk.lastIndex, "two of three have it")
        guard case .readable = network.outcome(read) else { return XCTFail("not readable") }
        network["a"].syncsAtOnce = true
        network.sync("a")
        network.settle()
        XCTAssertTrue(isCommitted(write, in: network))
        XCTAssertTrue(isCommitted(change, in: network))
        isClean(network)
    }

    // MARK: E4

    /// E4: with its entry an uncommitted membership goes: from memory, or found in the log at a start.
    func testE4ATruncatedChangeIsRolledBack() {
        for restarts in [false, true] {
            var network = cluster(["a", "b", "c"], learners: ["l"])
            let moved = network.change(at: "a", .move("l", url: "http://l.example"))
            network.run(for: .milliseconds(60))
            XCTAssertTrue(isCommitted(moved, in: network))
            network.isolate("a")
            network.reportsLosses = false
            let ticket = network.change(at: "a", .remove("l"))
            XCTAssertNil(network["a"].node?.membership["l"])
            if restarts {
                network.crash("a")
                network.start("a")
                XCTAssertNil(network["a"].node?.membership["l"])
            }
            network.run(for: .milliseconds(400))
            network.cuts = []
            XCTAssertNotNil(network.runUntilLeader())
            network.run(for: .milliseconds(200))
            XCTAssertEqual(network["a"].node?.membership["l"]?.url, "http://l.example")
            XCTAssertEqual(network["a"].peers.map(\.id), ["b", "c", "l"])
            if !restarts { XCTAssertEqual(network.outcome(ticket), .overwritten(ticket)) }
            isClean(network)
        }
    }

    func testE4ARollBackToTheFirstMembership() {
        var node = Fixture.node("b", terms: [1])
        let log = Fixture.entries(terms: [1])
        let change = Entry(
            id: EntryID(term: 2, index: 2),
            kind: .membership,
            payload: MembershipCoding.encode(Fixture.membership(voters: ["a", "b"]), cluster: Fixture.cluster),
            after: log[0].chain
        )
        let append = AppendEntries(term: 2, previous: log[0].id, entries: [change], commit: .zero)
        node.receive(.appendEntries(append), from: "a")
        XCTAssertEqual(node.membership, Fixture.membership(voters: ["a", "b"]))
        XCTAssertEqual(node.takeReady()?.peers?.map(\.id), ["a"])
        let noop = Entry(id: EntryID(term: 3, index: 2), kind: .noop, payload: [], after: log[0].chain)
        let other = AppendEntries(term: 3, previous: log[0].id, entries: [noop], commit: .zero)
        node.receive(.appendEntries(other), from: "c")
        XCTAssertEqual(node.membership, Fixture.membership(voters: ["a", "b", "c"]))
        XCTAssertEqual(node.takeReady()?.peers?.map(\.id), ["a", "c"])
    }

    func testAMembershipEntryOfAnotherClusterIsDamage() {
        var node = Fixture.node("b", terms: [1])
        let log = Fixture.entries(terms: [1])
        let payloads = [
            MembershipCoding.encode(Fixture.membership(voters: ["a"]), cluster: ClusterID(high: 9, low: 9)), [1, 2, 3],
        ]
        for payload in payloads {
            let entry = Entry(
                id: EntryID(term: 2, index: 2),
                kind: .membership,
                payload: payload,
                after: log[0].chain
            )
            let append = AppendEntries(term: 2, previous: log[0].id, entries: [entry], commit: .zero)
            node.receive(.appendEntries(append), from: "a", token: 4)
            XCTAssertEqual(node.takeReady()?.dropped, [ReplyToken(4)])
        }
        XCTAssertEqual(node.corruptAppends, 2)
    }

    // MARK: E7

    /// E7: a member that lacks entries holds up nothing: it is no voter until it has caught up.
    func testE7ANewMemberHoldsUpNothingAndIsPromotedOnceItHasCaughtUp() {
        var network = cluster(["a", "b"], spares: ["s"])
        for _ in 0..<50 { _ = network.propose(at: "a") }
        network["s"].syncsAtOnce = false
        let added = network.change(at: "a", .add(network.member("s", .learner)))
        network.run(for: .milliseconds(60))
        XCTAssertTrue(isCommitted(added, in: network))
        let early = network.change(at: "a", .promote("s"))
        guard case .rejected(_, .change(.lagging("s", let entries))) = network.outcome(early) else {
            return XCTFail(network.outcome(early).debugDescription)
        }
        XCTAssertGreaterThan(entries, 50)
        let write = network.propose(at: "a")
        network.settle()
        XCTAssertTrue(isCommitted(write, in: network))
        network["s"].syncsAtOnce = true
        network.sync("s")
        network.run(for: .milliseconds(60))
        let late = network.change(at: "a", .promote("s"))
        network.settle()
        XCTAssertTrue(isCommitted(late, in: network))
        isClean(network)
    }

    /// Close is not enough: a learner that never catches up under load would slow every commit.
    func testE7ALearnerThatWasNeverCurrentIsLagging() {
        var node = Fixture.node(of: ["a"], learners: ["l"], terms: [1, 1, 1])
        Fixture.elect(&node)
        func acknowledge(_ index: LogIndex, at time: Int) {
            node.receive(
                .appendEntries(.init(term: 2, outcome: .accepted(match: index))),
                from: "l",
                now: .milliseconds(time)
            )
        }
        func promote(_ ticket: Ticket, at time: Int) -> [Settlement] {
            node.step(.changeMembership(ticket, .promote("l")), now: .milliseconds(time))
            return node.persistAll(now: .milliseconds(time)).settled.filter {
                if case .rejected(ticket, _) = $0 { true } else { false }
            }
        }
        acknowledge(2, at: 0)
        for place in 1...6 {
            node.step(
                .propose(Proposal(ticket: Ticket(UInt64(place)), payloads: [[1]])),
                now: .milliseconds(place * 100)
            )
            node.persistAll(now: .milliseconds(place * 100))
            acknowledge(LogIndex(UInt64(place / 2 + 2)), at: place * 100)
        }
        XCTAssertEqual(promote(20, at: 600), [.rejected(20, .change(.lagging("l", entries: 5)))])
        acknowledge(10, at: 610)
        XCTAssertEqual(promote(21, at: 620), [])
        XCTAssertEqual(node.membership["l"]?.kind, .voter)
    }

    /// A leader whose log was trimmed cannot tell whether the name was another's before: whoever may still take it so
    /// has to be past that.
    func testE7AfterTrimmingEveryMemberHasToBePastTheBase() {
        let log = Fixture.entries(terms: [1, 1, 1])
        let restored = RestoredState(
            hardState: HardState(term: 1, vote: nil),
            cluster: Fixture.cluster,
            membership: Fixture.membership(voters: ["a", "b", "c"], learners: ["l"]),
            laterMemberships: [],
            base: log[2].id,
            baseChain: log[2].chain,
            termRuns: [],
            lastIndex: 3,
            applied: 3,
            chains: [log[2].chain]
        )
        var node = RaftNode(
            identity: Fixture.identity("a"),
            settings: Settings(),
            seed: 1,
            restored: restored,
            now: .zero
        )
        Fixture.elect(&node)
        for peer in ["b", "l"] as [NodeID] {
            node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 4))), from: peer)
        }
        node.step(.changeMembership(1, .promote("l")), now: .zero)
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.rejected(1, .change(.lagging("c", entries: 4)))])
        node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 3))), from: "c")
        node.step(.changeMembership(2, .promote("l")), now: .zero)
        XCTAssertEqual(node.membership["l"]?.kind, .voter)
    }

    // MARK: C14, C15

    /// C14: a learner that does not know yet that it was promoted votes; the candidate, who knows, counts it.
    func testC14ALearnerPromotedUnawareDecidesAnElection() {
        var network = cluster(["a", "b"], learners: ["l"])
        network.cuts = [("a", "l")]
        network.reportsLosses = false
        let ticket = network.change(at: "a", .promote("l"))
        network.settle()
        XCTAssertTrue(isCommitted(ticket, in: network))
        XCTAssertEqual(network["l"].node?.membership["l"]?.kind, .learner)
        network.crash("a")
        network.cuts = []
        network.run(for: .seconds(1))
        XCTAssertEqual(network.leader, "b")
        XCTAssertEqual(network["l"].node?.membership["l"]?.kind, .voter)
        isClean(network)
    }

    /// C15: who was removed grants no vote that counts, and leads nobody any more.
    func testC15ARemovedNodeChangesNothing() {
        var network = cluster(["a", "b", "c", "d"])
        let ticket = network.change(at: "a", .remove("d"))
        network.run(for: .milliseconds(100))
        XCTAssertTrue(isCommitted(ticket, in: network))
        let before = network.status("b")
        let removed = Fixture.identity("d")
        let requests: [RPCRequest] = [
            .heartbeat(.init(term: 9, commit: .zero, round: 1)),
            .requestVote(.init(term: 9, isPreVote: false, lastEntry: EntryID(term: 8, index: 99), isTransfer: true)),
            .appendEntries(.init(term: 9, previous: .zero, entries: [], commit: .zero)),
            .timeoutNow(.init(term: 9)),
        ]
        for (place, request) in requests.enumerated() {
            let token = ReplyToken(UInt64(place) + 1 << 40)
            network.step("b", .request(request, from: removed, token: token))
            XCTAssertEqual(network["b"].dropped.last, token)
        }
        XCTAssertEqual(network.status("b"), before)
        let again = network.change(at: "a", .add(network.member("d", .learner)))
        XCTAssertEqual(network.outcome(again), .rejected(again, .change(.duplicateMember)))
        // With b's own vote and d's it would be two of three.
        var candidate = network
        candidate.cuts = [("b", "a"), ("b", "c"), ("a", "b"), ("c", "b")]
        candidate.reportsLosses = false
        candidate.run(for: .milliseconds(400))
        XCTAssertEqual(candidate.status("b").role, .preCandidate)
        let vote = RequestVote.Reply(term: candidate.status("b").term.next, isPreVote: true, granted: true)
        candidate.step("b", .reply(.requestVote(vote), from: removed))
        XCTAssertEqual(candidate.status("b").role, .preCandidate)
    }

    /// A node that joins reads its cluster's past: who leads now may be known there by an earlier incarnation.
    func testANodeThatJoinsHearsALeaderWhoseNameIsOlder() {
        var network = cluster(["a"], spares: ["s", "t"])
        func make(_ change: MembershipChange, _ network: inout Network) {
            let ticket = network.change(at: network.leader ?? "a", change)
            network.run(for: .milliseconds(100))
            XCTAssertTrue(isCommitted(ticket, in: network), "\(change)")
        }
        make(.add(network.member("s", .learner)), &network)
        make(.remove("s"), &network)
        network.crash("s")
        network.wipe("s")
        network.start("s")
        make(.add(network.member("s", .learner)), &network)
        make(.promote("s"), &network)
        make(.remove("a"), &network)
        XCTAssertEqual(network.leader, "s")
        make(.add(network.member("t", .learner)), &network)
        XCTAssertEqual(network["t"].disk.lastIndex, network["s"].disk.lastIndex)
        isClean(network)
    }

    /// The new leader, or the new voter, may be one that this node's log does not know yet: it has to be heard.
    func testALeaderUnknownHereIsHeard() {
        var network = cluster(["a", "b", "c"], spares: ["s"])
        network.isolate("c")
        network.reportsLosses = false
        for change in [.add(network.member("s", .learner)), .promote("s")] as [MembershipChange] {
            let ticket = network.change(at: "a", change)
            network.run(for: .milliseconds(100))
            XCTAssertTrue(isCommitted(ticket, in: network))
        }
        let transfer = network.transfer(at: "a", to: "s")
        network.settle()
        XCTAssertEqual(network.outcome(transfer), .transferred(transfer, to: "s"))
        network.crash("a")
        XCTAssertNil(network["c"].node?.membership["s"])
        network.cuts = []
        network.run(for: .seconds(1))
        XCTAssertNotNil(network["c"].node?.membership["s"])
        XCTAssertNotNil(network.leader)
        XCTAssertEqual(network["c"].disk.lastIndex, network["s"].disk.lastIndex)
        isClean(network)
    }
}
