import Raft
import XCTest

/// Clusters that grow, shrink and replace their members.
final class MembershipTests: XCTestCase {
    private func cluster(_ voters: [NodeID], learners: [NodeID] = [], witnesses: [NodeID] = [], spares: [NodeID] = [])
        -> Network
    {
        var network = Network(voters: voters, learners: learners, witnesses: witnesses, spares: spares)
        network.elect("a")
        network.run(for: .milliseconds(200))
        return network
    }

    private func isClean(_ network: Network, file: StaticString = #filePath, line: UInt = #line) {
        XCTAssertEqual(network.checker.violations, [], file: file, line: line)
    }

    private func make(
        _ change: MembershipChange,
        _ network: inout Network,
        file: StaticString = #filePath,
        line: UInt = #line
    ) {
        guard let leader = network.leader else { return XCTFail("no leader", file: file, line: line) }
        let ticket = network.change(at: leader, change)
        network.run(for: .milliseconds(100))
        guard case .committed = network.outcome(ticket) else {
            return XCTFail(network.outcome(ticket).debugDescription, file: file, line: line)
        }
    }

    private func voters(_ network: Network) -> [NodeID] { network.membership.voters.map(\.id) }

    // MARK: Growing and shrinking

    func testALearnerCatchesUpAndBecomesAVoter() {
        var network = cluster(["a"], spares: ["s"])
        for _ in 0..<50 { _ = network.propose(at: "a", bytes: 50) }
        make(.add(network.member("s", .learner)), &network)
        XCTAssertEqual(network["s"].disk.log, network["a"].disk.log)
        XCTAssertEqual(network["s"].applied, network["a"].applied)
        make(.promote("s"), &network)
        XCTAssertEqual(voters(network), ["a", "s"])
        let ticket = network.propose(at: "a")
        network.settle()
        guard case .committed(_, _, let copies) = network.outcome(ticket) else { return XCTFail("not committed") }
        XCTAssertEqual(copies, 2)
        network.crash("s")
        network.run(for: .milliseconds(60))
        let alone = network.propose(at: "a")
        XCTAssertEqual(network.outcome(alone), .rejected(alone, .noQuorum))
        isClean(network)
    }

    func testGrowFromOneToFiveAndShrinkToThreeUnderLoad() {
        var network = cluster(["a"], spares: ["b", "c", "d", "e"])
        var tickets: [Ticket] = []
        func load(_ network: inout Network) {
            guard let leader = network.leader else { return XCTFail("no leader") }
            for _ in 0..<10 { tickets.append(network.propose(at: leader, entries: 2)) }
        }
        for id in ["b", "c", "d", "e"] as [NodeID] {
            load(&network)
            make(.add(network.member(id, .learner)), &network)
            load(&network)
            make(.promote(id), &network)
        }
        XCTAssertEqual(voters(network), ["a", "b", "c", "d", "e"])
        network.crash("b")
        network.crash("c")
        load(&network)
        network.run(for: .milliseconds(100))
        for id in ["b", "c"] as [NodeID] {
            load(&network)
            make(.remove(id), &network)
        }
        XCTAssertEqual(voters(network), ["a", "d", "e"])
        for ticket in tickets {
            guard case .committed = network.outcome(ticket) else { return XCTFail("\(ticket)") }
        }
        network.checker.conclude()
        isClean(network)
    }

    func testAChangeTellsWhomToSendTo() {
        var node = Fixture.node(of: ["a", "b"])
        XCTAssertEqual(node.peers.map(\.id), ["b"])
        Fixture.elect(&node)
        node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: 2))), from: "b")
        node.persistAll(now: .zero)
        node.step(.changeMembership(1, .add(Fixture.member("l", .learner))), now: .zero)
        guard let ready = node.takeReady() else { return XCTFail("nothing to do") }
        XCTAssertEqual(ready.peers?.map(\.id), ["b", "l"])
        XCTAssertEqual([ready].appends(to: "l").map(\.previous.index), [2], "in force at once")
    }

    func testAMemberMoves() {
        var network = cluster(["a", "b", "c"])
        for id in ["b", "a"] as [NodeID] { make(.move(id, url: "http://\(id).example"), &network) }
        for id in network.upNodes {
            XCTAssertEqual(network[id].node?.membership["a"]?.url, "http://a.example")
            XCTAssertEqual(network[id].node?.membership["b"]?.url, "http://b.example")
        }
        isClean(network)
    }

    // MARK: Refused

    func testOnlyTheLeaderChangesTheMembership() {
        var network = cluster(["a", "b", "c"])
        let ticket = network.change(at: "b", .remove("c"))
        XCTAssertEqual(network.outcome(ticket), .rejected(ticket, .notLeader(leader: "a")))
        let impossible = network.change(at: "a", .promote("b"))
        XCTAssertEqual(network.outcome(impossible), .rejected(impossible, .change(.wrongKind)))
    }

    /// A change that leaves too few voters at hand could not even be committed.
    func testAChangeThatWouldStopTheClusterIsRefused() {
        var network = cluster(["a", "b", "c"])
        network.crash("c")
        network.run(for: .milliseconds(60))
        let refused = network.change(at: "a", .remove("b"))
        XCTAssertEqual(network.outcome(refused), .rejected(refused, .noQuorum))
        make(.remove("c"), &network)
        XCTAssertEqual(voters(network), ["a", "b"])
    }

    func testDuringATransferTheMembershipStays() {
        var network = cluster(["a", "b", "c"])
        network.cuts = [("a", "b")]
        network.reportsLosses = false
        _ = network.transfer(at: "a", to: "b")
        let ticket = network.change(at: "a", .remove("b"))
        XCTAssertEqual(network.outcome(ticket), .rejected(ticket, .transferring))
    }

    // MARK: Who was removed

    /// It is told, knows that it belongs no more, and disturbs nobody.
    func testARemovedFollowerIsToldAndIsQuiet() {
        var network = cluster(["a", "b", "c"])
        make(.remove("c"), &network)
        XCTAssertNil(network["c"].node?.membership["c"])
        XCTAssertEqual(network["c"].applied, network["a"].applied)
        XCTAssertEqual(network["a"].peers.map(\.id), ["b"])
        let term = network.status("a").term
        network.run(for: .seconds(3))
        XCTAssertEqual(network.status("c").role, .follower)
        XCTAssertEqual(network.status("a").term, term)
        XCTAssertEqual(network.leader, "a")
        isClean(network)
    }

    /// One that could not be told campaigns in vain, until it hears why: no election, no higher term (dissertation
    /// §4.2.3).
    func testAnUntoldRemovedFollowerCausesNoElection() {
        var network = cluster(["a", "b", "c"])
        network.isolate("c")
        network.reportsLosses = false
        network.run(for: .milliseconds(300))
        make(.remove("c"), &network)
        network.cuts = [("a", "c"), ("b", "c")]
        let term = network.status("a").term
        network.run(for: .seconds(3))
        XCTAssertEqual(network.status("c").role, .preCandidate)
        network.cuts = []
        network.run(for: .seconds(1))
        XCTAssertEqual(network.status("c").role, .follower)
        XCTAssertEqual(network.status("a").term, term)
        XCTAssertEqual(network.leader, "a")
        network.crash("b")
        network.run(for: .milliseconds(500))
        XCTAssertNil(network.leader, "who was removed is no part of a quorum")
        isClean(network)
    }

    /// A node that comes back under its name with an empty disk is another member: it joins anew, and votes again only
    /// then.
    func testAWipedMemberComesBackAsAnother() {
        var network = cluster(["a", "b", "c"])
        for _ in 0..<10 { _ = network.propose(at: "a") }
        network.crash("c")
        network.wipe("c")
        network.start("c")
        network.run(for: .milliseconds(300))
        XCTAssertEqual(network["c"].disk.log, [], "what answers under its name is not the member")
        make(.remove("c"), &network)
        make(.add(network.member("c", .learner)), &network)
        XCTAssertEqual(network["c"].disk.log, network["a"].disk.log)
        make(.promote("c"), &network)
        network.crash("b")
        let ticket = network.propose(at: "a", copies: 2)
        network.run(for: .milliseconds(100))
        guard case .committed = network.outcome(ticket) else { return XCTFail("not committed") }
        network.crash("a")
        network.start("b")
        network.run(for: .seconds(1))
        XCTAssertEqual(network.leader, "c", "b lacks what was acknowledged")
        isClean(network)
    }

    /// A voter whose log still ends with the former member of a name does not hear the new one: until it knows, the new
    /// one is not made a voter.
    func testANameIsTakenOverOnceEveryVoterKnows() {
        var network = cluster(["a", "b", "c", "d", "e"])
        network.crash("d")
        network.crash("e")
        network.wipe("e")
        network.start("e")
        network.run(for: .milliseconds(100))
        make(.remove("e"), &network)
        make(.add(network.member("e", .learner)), &network)
        let refused = network.change(at: "a", .promote("e"))
        guard case .rejected(_, .change(.lagging("d", _))) = network.outcome(refused) else {
            return XCTFail(network.outcome(refused).debugDescription)
        }
        network.start("d")
        network.run(for: .milliseconds(200))
        make(.promote("e"), &network)
        isClean(network)
    }

    // MARK: With a witness

    func testAVoterOfAPairWithAWitnessIsReplaced() {
        var network = cluster(["a", "b"], witnesses: ["w"], spares: ["s"])
        network.crash("b")
        let degraded = network.propose(at: "a")
        network.settle()
        make(.add(network.member("s", .learner)), &network)
        make(.remove("b"), &network)
        make(.promote("s"), &network)
        network.run(for: .milliseconds(300))
        XCTAssertFalse(network.status("a").isDegraded)
        let ticket = network.propose(at: "a", copies: 2)
        network.settle()
        for write in [degraded, ticket] {
            guard case .committed = network.outcome(write) else { return XCTFail("not committed") }
        }
        network.crash("a")
        for id in ["s", "w"] as [NodeID] { network.step(id, .refused("a")) }
        network.run(for: .milliseconds(200))
        XCTAssertEqual(network.leader, "s")
        isClean(network)
    }

    func testAWitnessIsReplaced() {
        var network = cluster(["a", "b"], witnesses: ["w"], spares: ["s"])
        for _ in 0..<5 { _ = network.propose(at: "a", bytes: 20) }
        network.crash("w")
        make(.remove("w"), &network)
        make(.add(network.member("s", .witness)), &network)
        network.run(for: .milliseconds(300))
        XCTAssertEqual(network["s"].disk.log.map(\.chain), network["a"].disk.log.map(\.chain))
        XCTAssertTrue(network["s"].disk.log.allSatisfy { $0.kind != .command || $0.payloadElsewhere })
        network.crash("b")
        let ticket = network.propose(at: "a")
        network.run(for: .milliseconds(100))
        guard case .committed(_, _, 1) = network.outcome(ticket) else { return XCTFail("not committed") }
        isClean(network)
    }

    /// A witness that is made a learner in its old incarnation stops, now and at its next start: its log has no
    /// messages.
    func testAFormerWitnessHoldsNoMessages() {
        let witness = Fixture.membership(voters: ["a", "b"], witnesses: ["w"])
        let learner = Fixture.membership(voters: ["a", "b"], learners: ["w"])
        let log = [Fixture.firstEntry(witness)]
        var node = RaftNode(
            identity: Fixture.identity("w"),
            settings: Settings(),
            seed: 1,
            restored: Fixture.restored(.empty, log: log),
            now: .zero
        )
        let change = Entry(
            id: EntryID(term: 1, index: 2),
            kind: .membership,
            payload: MembershipCoding.encode(learner, cluster: Fixture.cluster),
            after: log[0].chain
        )
        node.receive(
            .appendEntries(AppendEntries(term: 1, previous: log[0].id, entries: [change], commit: .zero)),
            from: "a"
        )
        XCTAssertEqual(node.fault?.code, .payloadsMissing)
        XCTAssertNil(node.takeReady())
        let restarted = RaftNode(
            identity: Fixture.identity("w"),
            settings: Settings(),
            seed: 1,
            restored: Fixture.restored(.empty, log: log + [change]),
            now: .zero
        )
        XCTAssertEqual(restarted.fault?.code, .payloadsMissing)
    }
}
