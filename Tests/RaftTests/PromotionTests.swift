import Raft
import XCTest

/// One node goes on alone, on an operator's word, and the others come back.
final class PromotionTests: XCTestCase {
    private func cluster(_ voters: [NodeID], learners: [NodeID] = [], spares: [NodeID] = []) -> Network {
        var network = Network(voters: voters, learners: learners, spares: spares)
        network.elect("a")
        network.run(for: .milliseconds(200))
        return network
    }

    /// Long enough to miss the leader, and to be sure that nobody follows it.
    private func wait(_ network: inout Network) { network.run(for: .seconds(2)) }

    private func isClean(_ network: Network, file: StaticString = #filePath, line: UInt = #line) {
        XCTAssertEqual(network.checker.violations, [], file: file, line: line)
    }

    private func isCommitted(
        _ ticket: Ticket,
        _ network: Network,
        file: StaticString = #filePath,
        line: UInt = #line
    ) {
        guard case .committed = network.outcome(ticket) else {
            return XCTFail(network.outcome(ticket).debugDescription, file: file, line: line)
        }
    }

    private func isRefused(
        _ ticket: Ticket,
        _ refusal: Promotion.Refusal,
        _ network: Network,
        file: StaticString = #filePath,
        line: UInt = #line
    ) {
        XCTAssertEqual(
            network.outcome(ticket),
            .rejected(ticket, .promotion(refusal)),
            file: file,
            line: line
        )
    }

    // MARK: A pair

    func testTheSurvivorOfAPairGoesOnAndTheOtherComesBackAsItsBackup() {
        var network = cluster(["a", "b"])
        let before = network.propose(at: "a")
        network.settle()
        isCommitted(before, network)
        network.crash("a")
        wait(&network)

        let promotion = network.promote(at: "b")
        network.run(for: .milliseconds(100))

        isCommitted(promotion, network)
        XCTAssertEqual(network.status("b").role, .leader)
        XCTAssertEqual(network.status("b").epoch.number, 1)
        let alone = network.propose(at: "b")
        network.settle()
        XCTAssertEqual(network.membership.voters.map(\.id), ["b"])
        isCommitted(alone, network)

        network.start("a")
        network.run(for: .seconds(1))

        XCTAssertEqual(network.membership.voters.map(\.id), ["a", "b"])
        XCTAssertEqual(network.membership.returning, [])
        let together = network.propose(at: "b", copies: 2)
        network.run(for: .milliseconds(200))
        isCommitted(together, network)
        XCTAssertEqual(network["a"].disk.log.map(\.chain), network["b"].disk.log.map(\.chain))
        XCTAssertEqual(network.status("a").epoch, network.status("b").epoch)
        isClean(network)
    }

    func testF2WhatTheOtherNeverAcknowledgedIsCutOff() {
        var network = cluster(["a", "b"])
        network.isolate("a")
        let unacknowledged = (0..<20).map { _ in network.propose(at: "a") }
        network.settle()
        XCTAssertEqual(network["a"].disk.log.count, network["b"].disk.log.count + 20)
        wait(&network)
        let promotion = network.promote(at: "b")
        network.run(for: .milliseconds(100))
        isCommitted(promotion, network)
        let alone = network.propose(at: "b")
        network.settle()

        network.cuts = []
        network.run(for: .seconds(1))

        isCommitted(alone, network)
        for ticket in unacknowledged { XCTAssertEqual(network.outcome(ticket), .overwritten(ticket)) }
        XCTAssertEqual(network["a"].disk.log.map(\.chain), network["b"].disk.log.map(\.chain))
        XCTAssertEqual(network.membership.voters.map(\.id), ["a", "b"])
        isClean(network)
    }

    func testASecondPromotionAfterTheFirst() {
        var network = cluster(["a", "b"])
        for survivor: NodeID in ["b", "a", "b"] {
            let lost: NodeID = survivor == "a" ? "b" : "a"
            network.crash(lost)
            wait(&network)
            let promotion = network.promote(at: survivor)
            network.run(for: .milliseconds(100))
            isCommitted(promotion, network)
            network.start(lost)
            network.run(for: .seconds(1))
            XCTAssertEqual(network.membership.voters.map(\.id), ["a", "b"])
        }
        XCTAssertEqual(network.status("a").epoch.number, 3)
        XCTAssertEqual(network.status("b").epoch.number, 3)
        isClean(network)
    }

    func testTheOtherComesBackAfterTheLogWasTrimmed() {
        var network = cluster(["a", "b"])
        network.isolate("a")
        _ = network.propose(at: "a")
        wait(&network)
        _ = network.promote(at: "b")
        network.run(for: .milliseconds(100))
        for _ in 0..<10 { _ = network.propose(at: "b") }
        network.settle()
        network.trim("b", through: network.status("b").applied)

        network.cuts = []
        network.run(for: .seconds(1))

        XCTAssertEqual(network.membership.voters.map(\.id), ["a", "b"])
        XCTAssertEqual(network["a"].disk.lastIndex, network["b"].disk.lastIndex)
        XCTAssertEqual(network.status("a").epoch, network.status("b").epoch)
        isClean(network)
    }

    func testANewMemberReadsItsWayThroughTheEpochs() {
        var network = cluster(["a", "b"], spares: ["s"])
        network.crash("a")
        wait(&network)
        _ = network.promote(at: "b")
        network.run(for: .milliseconds(100))

        let addition = network.change(at: "b", .add(network.member("s", .learner)))
        network.run(for: .milliseconds(500))

        isCommitted(addition, network)
        XCTAssertEqual(network.status("s").epoch.number, 1)
        XCTAssertEqual(network["s"].disk.log.map(\.chain), network["b"].disk.log.map(\.chain))
        // It was taken in by the operator, who decides about its vote too.
        XCTAssertEqual(network.membership.voters.map(\.id), ["b"])
        isClean(network)
    }

    // MARK: Both promoted

    func testTwoThatWereBothPromotedStop() {
        var network = cluster(["a", "b"])
        network.isolate("a")
        wait(&network)
        for id: NodeID in ["a", "b"] {
            _ = network.promote(at: id)
            network.run(for: .milliseconds(100))
            XCTAssertEqual(network.status(id).role, .leader)
        }

        network.cuts = []
        network.run(for: .seconds(1))

        for (id, other) in [("a", "b"), ("b", "a")] as [(NodeID, NodeID)] {
            XCTAssertEqual(network.status(id).role, .follower)
            XCTAssertNil(network.status(id).leader)
            XCTAssertEqual(network.status(id).divergence?.peer, other)
            let ticket = network.propose(at: id)
            XCTAssertEqual(network.outcome(ticket), .rejected(ticket, .notLeader(leader: nil)))
            isRefused(network.promote(at: id, acceptsLoss: true), .diverged, network)
        }
    }

    func testOneOfTwoBothPromotedThatStartsAgainStopsAgain() {
        var network = cluster(["a", "b"])
        network.isolate("a")
        wait(&network)
        for id: NodeID in ["a", "b"] { _ = network.promote(at: id) }
        network.run(for: .milliseconds(100))
        network.cuts = []
        network.run(for: .seconds(1))

        network.crash("a")
        network.start("a")
        network.run(for: .seconds(1))

        XCTAssertNotNil(network.status("a").divergence)
        XCTAssertNil(network.status("a").leader)
    }

    func testTheOneThatIsKeptGoesOnWhenTheOtherIsWiped() {
        var network = cluster(["a", "b"])
        network.isolate("a")
        wait(&network)
        for id: NodeID in ["a", "b"] { _ = network.promote(at: id) }
        network.run(for: .milliseconds(100))
        network.cuts = []
        network.run(for: .seconds(1))

        network.crash("a")
        network.wipe("a")
        network.crash("b")
        network.start("b")
        network.run(for: .seconds(1))

        XCTAssertEqual(network.status("b").role, .leader)
        XCTAssertNil(network.status("b").divergence)
    }

    // MARK: Lost majorities

    func testOneOfThreeGoesOnWhereTheLossIsAccepted() {
        var network = cluster(["a", "b", "c"])
        _ = network.propose(at: "a")
        network.run(for: .milliseconds(200))
        let last = network.status("c").commit
        network.crash("a")
        network.crash("b")
        wait(&network)

        isRefused(network.promote(at: "c"), .mayLoseMessages(after: last), network)
        XCTAssertNil(network.leader)
        let promotion = network.promote(at: "c", acceptsLoss: true)
        network.run(for: .milliseconds(100))

        isCommitted(promotion, network)
        let alone = network.propose(at: "c")
        network.settle()
        isCommitted(alone, network)
        network.start("b")
        network.run(for: .seconds(1))
        XCTAssertEqual(network.membership.voters.map(\.id), ["b", "c"])
        network.start("a")
        network.run(for: .seconds(1))
        XCTAssertEqual(network.membership.voters.map(\.id), ["a", "b", "c"])
        isClean(network)
    }

    // MARK: Refusals

    func testWhereALeaderIsKnownNobodyIsPromoted() {
        var network = cluster(["a", "b", "c"])
        for id: NodeID in ["a", "b"] {
            isRefused(network.promote(at: id, acceptsLoss: true), .leaderKnown("a"), network)
        }
        XCTAssertEqual(network.leader, "a")
    }

    func testWhileTheOthersMayStillElectNobodyIsPromoted() {
        var network = cluster(["a", "b"])
        network.crash("a")
        network.run(for: .milliseconds(400))
        isRefused(network.promote(at: "b"), .tooSoon, network)
    }

    func testALearnerIsNotPromoted() {
        var network = cluster(["a"], learners: ["l"])
        network.crash("a")
        wait(&network)
        isRefused(network.promote(at: "l", acceptsLoss: true), .notAVoter, network)
    }

    func testAnotherEpochThanTheOperatorSawIsRefused() {
        var network = cluster(["a", "b"])
        network.crash("a")
        wait(&network)
        network.step("b", .promote(7, Promotion(epoch: 1, id: 9, acceptsLoss: true)))
        isRefused(7, .otherEpoch(0), network)
    }

    // MARK: The disk

    func testNothingIsSentBeforeTheEpochIsOnDisk() {
        var network = cluster(["a", "b"])
        network.isolate("a")
        wait(&network)
        network["b"].syncsAtOnce = false
        network.keepsRecord = true
        network["b"].record = []
        _ = network.promote(at: "b")
        network.cuts = []
        network.run(for: .milliseconds(100))

        XCTAssertNotEqual(network.status("b").role, .leader)
        let sent = network["b"].record.requests.filter {
            switch $0.request {
            case .heartbeat, .appendEntries: true
            default: false
            }
        }
        XCTAssertEqual(sent.count, 0)
        // Lost with the power, nothing has happened.
        network.crash("b")
        network["b"].syncsAtOnce = true
        network.start("b")
        network.run(for: .seconds(1))
        XCTAssertEqual(network.status("b").epoch.number, 0)
        XCTAssertNotNil(network.leader)
        isClean(network)
    }

    /// Else the other one, promoted as well, would stop for good because of what a crash undoes.
    func testNobodyHearsOfAnEpochBeforeItIsOnDisk() {
        var network = cluster(["a", "b"])
        network.isolate("a")
        wait(&network)
        isCommitted(network.promote(at: "a"), after: .milliseconds(100), &network)
        network["b"].syncsAtOnce = false
        _ = network.promote(at: "b")
        network.cuts = []
        network.run(for: .milliseconds(100))
        XCTAssertNil(network.status("a").divergence)
        network.crash("b")
        network["b"].syncsAtOnce = true
        network.start("b")
        network.run(for: .seconds(2))
        XCTAssertNil(network.status("a").divergence)
        XCTAssertEqual(network.status("b").leader, "a")
        isCommitted(network.propose(at: "a"), after: .milliseconds(200), &network)
        isClean(network)
    }

    private func isCommitted(_ ticket: Ticket, after time: Duration, _ network: inout Network) {
        network.run(for: time)
        isCommitted(ticket, network)
    }

    func testAPromotionOutlivesARestart() {
        var network = cluster(["a", "b"])
        network.crash("a")
        wait(&network)
        _ = network.promote(at: "b")
        network.run(for: .milliseconds(100))
        network.crash("b")
        network.start("b")
        network.run(for: .seconds(1))
        XCTAssertEqual(network.status("b").role, .leader)
        XCTAssertEqual(network.status("b").epoch.number, 1)
        isClean(network)
    }
}
