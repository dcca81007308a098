import Raft
import XCTest

/// A leader that leaves its cluster (pitfall E6; dissertation §4.2.2).
final class LeaderRemovalTests: XCTestCase {
    private func cluster(_ voters: [NodeID], learners: [NodeID] = []) -> Network {
        var network = Network(voters: voters, learners: learners)
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

    /// It leads until its removal is committed, then hands over at once: nobody waits for an election timeout.
    func testE6ALeaderThatRemovesItselfHandsOver() {
        for change in [.remove("a"), .demote("a")] as [MembershipChange] {
            var network = cluster(["a", "b", "c"])
            let write = network.propose(at: "a")
            let ticket = network.change(at: "a", change)
            network.settle()
            XCTAssertTrue(isCommitted(write, in: network))
            XCTAssertTrue(isCommitted(ticket, in: network))
            XCTAssertEqual(network.leader, "b")
            XCTAssertTrue(network.status("b").isLeaderReady)
            XCTAssertEqual(network.membership.voters.map(\.id), ["b", "c"])
            network.run(for: .seconds(2))
            XCTAssertEqual(network.leader, "b")
            XCTAssertEqual(network.status("a").role, .follower)
            if change == .demote("a") { XCTAssertEqual(network["a"].applied, network["b"].applied) }
            isClean(network)
        }
    }

    /// Nobody tells a removed node later what became of what it had taken: its clients would wait in vain.
    func testE6ALeaderThatIsRemovedSettlesWhatItTookBeforeItHandsOver() {
        var network = cluster(["a", "b", "c"])
        let ticket = network.change(at: "a", .remove("a"))
        let write = network.propose(at: "a")
        let last = network.status("a").last.index
        /// What keeps a from learning that c has the write.
        func isHeld(_ packet: Network.Packet) -> Bool {
            guard case .request(.appendEntries(let append)) = packet.body, packet.to == "c" else { return false }
            return append.entries.last?.index == last
        }
        while let place = network.packets.firstIndex(where: { !isHeld($0) }) { network.deliver(at: place) }
        XCTAssertTrue(isCommitted(ticket, in: network))
        // Before it arrives, a heartbeat tells both that the removal is committed.
        let held = network.packets
        network.packets = []
        network.run(for: .milliseconds(60))
        XCTAssertNil(network.outcome(write))
        for id: NodeID in ["b", "c"] {
            XCTAssertEqual(network[id].node?.hasRemoved(Fixture.identity("a")), true, "\(id)")
        }
        network.packets += held
        network.settle()
        XCTAssertTrue(isCommitted(write, in: network))
        XCTAssertEqual(network.leader, "b")
        isClean(network)
    }

    /// Its own disk counts for nothing: an entry takes a majority of the others.
    func testE6ALeavingLeaderDoesNotCountItself() {
        var network = cluster(["a", "b", "c"])
        network.cuts = [("a", "c"), ("c", "a")]
        network.reportsLosses = false
        let ticket = network.change(at: "a", .remove("a"))
        network.settle()
        XCTAssertNil(network.outcome(ticket))
        XCTAssertEqual(network.leader, "a", "it goes on leading")
        XCTAssertEqual(network["b"].disk.lastIndex, network["a"].disk.lastIndex)
        network.cuts = []
        network.run(for: .milliseconds(500))
        XCTAssertTrue(isCommitted(ticket, in: network))
        XCTAssertEqual(network.leader, "b")
        isClean(network)
    }

    /// It hears from its successor that its last entry is committed. By then it is a learner, and its copy no voter's.
    func testE6WhoLeftDoesNotCountItsOwnCopy() {
        let settings = Settings(appendEntriesMax: 1, appendsInFlightMax: 2)
        var network = Network(voters: ["a", "b"], settings: settings)
        network.elect("a")
        network.run(for: .milliseconds(200))
        network.cuts = [("b", "a")]
        network.reportsLosses = false
        XCTAssertNil(network.outcome(network.change(at: "a", .demote("a"))))
        let write = network.propose(at: "a")
        network.run(for: .seconds(1))
        XCTAssertEqual(network.leader, "b")
        network.cuts = []
        network.run(for: .seconds(1))
        guard case .committed(_, _, let copies) = network.outcome(write) else {
            return XCTFail("\(String(describing: network.outcome(write)))")
        }
        XCTAssertEqual(copies, 1)
        isClean(network)
    }

    /// Nobody takes over in time: it steps down all the same.
    func testE6ALeavingLeaderStepsDownWhereNobodyTakesOver() {
        var network = cluster(["a", "b"])
        let ticket = network.change(at: "a", .remove("a"))
        while !isCommitted(ticket, in: network), !network.packets.isEmpty { network.deliver(at: 0) }
        XCTAssertTrue(isCommitted(ticket, in: network))
        network.packets = []
        network.cuts = [("a", "b")]
        network.reportsLosses = false
        network.run(for: .milliseconds(160))
        XCTAssertEqual(network.status("a").role, .follower)
        network.run(for: .seconds(1))
        XCTAssertEqual(network.leader, "b")
        isClean(network)
    }

    /// E6: the leader of a pair removes itself and dies after every single step. Whatever of it is on disk, the two of
    /// them go on, and what was acknowledged is there.
    func testE6ThePairSurvivesItsLeadersDeathAtEveryStep() {
        for change in [.remove("a"), .demote("a")] as [MembershipChange] {
            for steps in 0..<20 {
                for keptWrites in 0...1 {
                    var network = cluster(["a", "b"])
                    let write = network.propose(at: "a")
                    network.settle()
                    for id in ["a", "b"] as [NodeID] { network[id].syncsAtOnce = false }
                    let ticket = network.change(at: "a", change)
                    for step in 0..<steps {
                        if step % 3 == 2 {
                            for id in network.upNodes { network.sync(id) }
                        } else if !network.packets.isEmpty {
                            network.deliver(at: 0)
                        }
                    }
                    network.crash("a", keepingWrites: keptWrites)
                    for id in ["a", "b"] as [NodeID] { network[id].syncsAtOnce = true }
                    network.start("a")
                    network.sync("b")
                    guard let leader = network.runUntilLeader() else { return XCTFail("no leader after \(steps)") }
                    network.run(for: .milliseconds(500))
                    XCTAssertTrue(isCommitted(write, in: network))
                    let isChanged = network.membership["a"]?.kind != .voter
                    if isCommitted(ticket, in: network) { XCTAssertTrue(isChanged) }
                    if isChanged { XCTAssertEqual(network.leader, "b", "after \(steps), \(leader) led first") }
                    let next = network.propose(at: network.leader ?? leader)
                    network.settle()
                    XCTAssertTrue(isCommitted(next, in: network))
                    network.checker.conclude()
                    isClean(network)
                }
            }
        }
    }

    /// In a pair with a witness: whatever the witness has, the voter that stays has too, or nobody could be elected.
    func testE6ALeavingLeaderKeepsTheOtherVoterElectable() {
        var network = Network(voters: ["a", "b"], learners: ["l"], witnesses: ["w"])
        network.elect("a")
        network.run(for: .milliseconds(200))
        network["b"].syncsAtOnce = false
        _ = network.change(at: "a", .remove("a"))
        for _ in 0..<5 { _ = network.propose(at: "a") }
        network.run(for: .milliseconds(120))
        XCTAssertLessThanOrEqual(network["w"].disk.lastIndex, network["b"].disk.lastIndex)
        network["b"].syncsAtOnce = true
        network.sync("b")
        network.crash("a")
        network.run(for: .seconds(2))
        XCTAssertEqual(network.leader, "b")
        isClean(network)
    }

    /// Dissertation, figure 4.6: only the leader that removed itself has the entry. Nobody else can be elected: it has
    /// to campaign once more, without its own vote.
    func testE6ARemovedNodeCampaignsUntilItsRemovalIsCommitted() {
        var network = cluster(["a", "b"])
        network.cuts = [("a", "b"), ("b", "a")]
        network.reportsLosses = false
        let ticket = network.change(at: "a", .remove("a"))
        network.crash("a")
        network.cuts = []
        network.start("a")
        XCTAssertNil(network["a"].node?.membership["a"])
        XCTAssertEqual(network.runUntilLeader(), "b")
        XCTAssertEqual(network.status("b").term, 4, "a led in term 3 once more, and handed over")
        XCTAssertEqual(network.membership.members.map(\.id), ["b"])
        XCTAssertNil(network.outcome(ticket), "the process that asked is gone")
        network.run(for: .seconds(2))
        XCTAssertEqual(network.status("a").role, .follower)
        XCTAssertEqual(network.leader, "b")
        isClean(network)
    }

    func testATransferGoesOnWhileTheTargetsRemovalIsRefused() {
        var network = cluster(["a", "b", "c"])
        network["b"].syncsAtOnce = false
        _ = network.propose(at: "a")
        network.settle()
        let transfer = network.transfer(at: "a", to: "b")
        for change in [.remove("b"), .demote("b")] as [MembershipChange] {
            let ticket = network.change(at: "a", change)
            XCTAssertEqual(network.outcome(ticket), .rejected(ticket, .transferring))
        }
        network["b"].syncsAtOnce = true
        network.sync("b")
        network.settle()
        XCTAssertEqual(network.outcome(transfer), .transferred(transfer, to: "b"))
        isClean(network)
    }
}
