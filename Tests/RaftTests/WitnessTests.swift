import Raft
import XCTest

/// The pair with a witness (raft.md F1–F11): what the leader sends the witness, when it commits without its backup, and
/// which of them can be elected afterwards.
final class WitnessTests: XCTestCase {
    private func pair(leading leader: NodeID = "a", settings: Settings = Settings()) -> Network {
        var network = Network(voters: ["a", "b"], witnesses: ["w"], settings: settings)
        network.elect(leader)
        network.run(for: .milliseconds(200))
        return network
    }

    private func copies(_ network: Network, _ ticket: Ticket) -> Int? {
        if case .committed(_, _, let copies) = network.outcome(ticket) { copies } else { nil }
    }

    private func isClean(_ network: Network, file: StaticString = #filePath, line: UInt = #line) {
        XCTAssertEqual(network.checker.violations, [], file: file, line: line)
    }

    // MARK: In

    func testAnEntryCommitsWithBothVotersAndTheWitnessFollowsAtHeartbeatPace() {
        var network = pair()
        _ = network.propose(at: "a")
        network.settle()
        let before = network["w"].disk.lastIndex
        let ticket = network.propose(at: "a")
        network.settle()
        XCTAssertEqual(copies(network, ticket), 2)
        XCTAssertEqual(network["w"].disk.lastIndex, before, "the witness is off the path of writes")
        network.run(for: .milliseconds(100))
        XCTAssertEqual(network["w"].disk.lastIndex, network["a"].disk.lastIndex)
        XCTAssertFalse(network.status("a").isDegraded)
        isClean(network)
    }

    func testTheWitnessStoresNoPayloadButTheMembership() {
        var network = pair()
        _ = network.propose(at: "a", entries: 3, bytes: 50)
        network.run(for: .milliseconds(200))
        let commands = network["w"].disk.log.filter { $0.kind == .command }
        XCTAssertEqual(commands.count, 3)
        XCTAssertTrue(commands.allSatisfy { $0.payload.isEmpty && $0.payloadElsewhere })
        XCTAssertEqual(network["w"].disk.log.map(\.chain), network["a"].disk.log.map(\.chain))
        XCTAssertEqual(network["w"].disk.entry(1)?.payload, network["a"].disk.entry(1)?.payload)
        isClean(network)
    }

    /// While the backup is in, what is not committed never reaches the witness, and is not committed by it.
    func testWhileTheBackupIsInNothingCommitsWithoutIt() {
        var network = pair()
        let before = network["w"].disk.lastIndex
        network.cuts = [("a", "b")]
        network.reportsLosses = false
        let ticket = network.propose(at: "a")
        network.run(for: .milliseconds(900))
        XCTAssertNil(network.outcome(ticket))
        XCTAssertEqual(network["w"].disk.lastIndex, before)
        isClean(network)
    }

    /// F11: the witness may be slow or gone: neither acknowledgements nor latency change.
    func testF11TheWitnessIsNotMissed() {
        var network = pair()
        network.crash("w")
        network.run(for: .seconds(2))
        let ticket = network.propose(at: "a", copies: 2)
        network.settle()
        XCTAssertEqual(copies(network, ticket), 2)
        XCTAssertEqual(network.leader, "a")
        isClean(network)
    }

    // MARK: Out

    func testARefusingBackupIsOutAtOnce() {
        var network = pair()
        network.crash("b")
        let ticket = network.propose(at: "a")
        network.settle()
        XCTAssertEqual(copies(network, ticket), 1)
        XCTAssertTrue(network.status("a").isDegraded)
        isClean(network)
    }

    func testASilentBackupIsOutAfterTheTimeSet() {
        var network = pair()
        network.isolate("b")
        network.reportsLosses = false
        let ticket = network.propose(at: "a")
        network.run(for: .milliseconds(940))
        XCTAssertNil(network.outcome(ticket))
        network.run(for: .milliseconds(120))
        XCTAssertEqual(copies(network, ticket), 1)
        isClean(network)
    }

    /// It is out also while there is nothing to write: the next message does not find that out first.
    func testASilentIdleBackupIsOutAfterTheTimeSet() {
        var network = pair()
        network.isolate("b")
        network.reportsLosses = false
        network.run(for: .milliseconds(1060))
        XCTAssertTrue(network.status("a").isDegraded)
        let ticket = network.propose(at: "a")
        network.settle()
        XCTAssertEqual(copies(network, ticket), 1)
        isClean(network)
    }

    /// Answering heartbeats is not progress: a backup whose disk hangs is out.
    func testABackupWithAHungDiskIsOut() {
        var network = pair()
        network["b"].syncsAtOnce = false
        let ticket = network.propose(at: "a")
        network.run(for: .milliseconds(900))
        XCTAssertNil(network.outcome(ticket))
        network.run(for: .milliseconds(200))
        XCTAssertEqual(copies(network, ticket), 1)
        XCTAssertTrue(network.status("a").peers.contains { $0.id == "b" && $0.isOut && $0.isAtHand })
        // It stays out for as long as nothing moves, so that no write waits for it again and again.
        for _ in 0..<50 {
            let next = network.propose(at: "a")
            network.run(for: .milliseconds(100))
            XCTAssertEqual(copies(network, next), 1)
        }
        isClean(network)
    }

    /// An idle pair is not degraded by having nothing to do.
    func testIdlenessIsNoLackOfProgress() {
        var network = pair()
        network.run(for: .seconds(10))
        XCTAssertFalse(network.status("a").isDegraded)
        isClean(network)
    }

    /// Rule 1: what the leader may yet lose, the witness must not have: else nobody could be elected.
    func testTheWitnessIsSentOnlyWhatTheLeaderHasOnDisk() {
        var network = pair()
        network.crash("b")
        network.settle()
        let before = network["w"].disk.lastIndex
        network["a"].syncsAtOnce = false
        _ = network.propose(at: "a")
        network.run(for: .milliseconds(400))
        XCTAssertEqual(network["w"].disk.lastIndex, before)
        // The leader dies before its fsync, and comes back without the entry: it can lead again.
        network.crash("a")
        network["a"].syncsAtOnce = true
        network.start("a")
        network.run(for: .seconds(1))
        XCTAssertEqual(network.leader, "a")
        XCTAssertTrue(network.status("a").isLeaderReady)
        isClean(network)
    }

    /// F3, F7: while degraded the primary alone has the newest entries. Without it nobody leads; with it, all is there.
    func testF3F7TheClusterWaitsForALostDegradedPrimary() {
        var network = pair()
        network.crash("b")
        let ticket = network.propose(at: "a")
        network.settle()
        XCTAssertEqual(copies(network, ticket), 1)
        network.crash("a")
        network.start("b")
        network.run(for: .seconds(5))
        XCTAssertNil(network.leader, "the backup lacks what was acknowledged")
        network.start("a")
        network.run(for: .seconds(2))
        XCTAssertEqual(network.leader, "a")
        XCTAssertEqual(network["b"].disk.lastIndex, network["a"].disk.lastIndex)
        isClean(network)
        network.checker.conclude()
        isClean(network)
    }

    func testCopiesAreRefusedWhileDegraded() {
        var network = pair()
        network["b"].syncsAtOnce = false
        _ = network.propose(at: "a")
        network.run(for: .seconds(2))
        let ticket = network.propose(at: "a", copies: 2)
        XCTAssertEqual(network.outcome(ticket), .rejected(ticket, .tooFewCopies(atHand: 1)))
        isClean(network)
    }

    func testWithoutBackupAndWitnessProposalsAreRefused() {
        var network = pair()
        network["b"].syncsAtOnce = false
        _ = network.propose(at: "a")
        network.run(for: .seconds(2))
        network.crash("w")
        network.run(for: .milliseconds(100))
        let ticket = network.propose(at: "a")
        XCTAssertEqual(network.outcome(ticket), .rejected(ticket, .noQuorum))
        isClean(network)
    }

    // MARK: In again

    /// F8, rule 4: after the hand-over the backup has all the witness has, and can be elected with its vote.
    func testF8ABackupThatReturnsIsInAgainAndElectable() {
        var network = pair()
        network.crash("b")
        for _ in 0..<30 { _ = network.propose(at: "a") }
        network.settle()
        XCTAssertTrue(network.status("a").isDegraded)
        network.start("b")
        network.run(for: .milliseconds(300))
        XCTAssertFalse(network.status("a").isDegraded)
        let ticket = network.propose(at: "a")
        network.settle()
        XCTAssertEqual(copies(network, ticket), 2)
        network.crash("a")
        for id in ["b", "w"] as [NodeID] { network.step(id, .refused("a")) }
        network.run(for: .milliseconds(100))
        XCTAssertEqual(network.leader, "b")
        isClean(network)
    }

    /// An append to the witness is in flight while the backup comes back: it counts as sent, whether it arrives or not.
    func testTheBackupIsNotInBeforeItHasWhatIsOnItsWayToTheWitness() {
        var network = pair()
        network.crash("b")
        network.run(for: .milliseconds(60))
        let ticket = network.propose(at: "a")
        let sent = network["a"].disk.lastIndex
        let count = network.packets.count
        network.packets.removeAll { packet in
            if case .request(.appendEntries) = packet.body { packet.to == "w" } else { false }
        }
        XCTAssertLessThan(network.packets.count, count, "the append to the witness got lost")
        network["b"].syncsAtOnce = false
        network.start("b")
        network.run(for: .milliseconds(120))
        XCTAssertNil(network.outcome(ticket))
        XCTAssertTrue(network.status("a").isDegraded)
        network["b"].syncsAtOnce = true
        network.sync("b")
        network.run(for: .milliseconds(60))
        XCTAssertGreaterThanOrEqual(network["b"].disk.lastIndex, sent)
        XCTAssertFalse(network.status("a").isDegraded)
        XCTAssertEqual(copies(network, ticket), 2)
        isClean(network)
    }

    /// The backup never keeps up with the load: hand-overs fail, and hold up writes ever more rarely.
    func testABackupThatIsTooSlowHoldsUpWritesEverMoreRarely() {
        var network = pair(settings: Settings(appendEntriesMax: 64))
        network["b"].syncsAtOnce = false
        var waited = 0
        _ = network.propose(at: "a")
        network.run(for: .milliseconds(1100))
        XCTAssertTrue(network.status("a").isDegraded)
        for round in 0..<600 {
            // Its disk does one write in a second and a half: it moves, and never stays close.
            if round % 30 == 0 { network.sync("b") }
            let ticket = network.propose(at: "a")
            network.run(for: .milliseconds(50))
            if network.outcome(ticket) == nil { waited += 1 }
        }
        XCTAssertLessThan(waited, 200)
        XCTAssertGreaterThan(waited, 10, "it is tried again")
        XCTAssertEqual(network.leader, "a")
        isClean(network)
    }

    /// Both voters are well, the witness is gone: a pause meant to spare commits must not hold them up.
    func testWithoutTheWitnessABackupThatIsBackIsInAtOnce() {
        var network = pair()
        for _ in 0..<4 {
            network["b"].syncsAtOnce = false
            _ = network.propose(at: "a")
            network.run(for: .milliseconds(1200))
            network["b"].syncsAtOnce = true
            network.sync("b")
            network.run(for: .milliseconds(20))
        }
        XCTAssertTrue(network.status("a").isDegraded, "it has to wait by now")
        network.crash("w")
        network.run(for: .milliseconds(200))
        let ticket = network.propose(at: "a", copies: 2)
        network.run(for: .milliseconds(50))
        XCTAssertEqual(copies(network, ticket), 2)
        isClean(network)
    }

    // MARK: Elections

    func testTheSurvivorTakesOverAtOnceAndGoesOnAlone() {
        var network = pair()
        let first = network.propose(at: "a")
        network.settle()
        XCTAssertEqual(copies(network, first), 2)
        network.crash("a")
        network.step("b", .refused("a"))
        network.step("w", .refused("a"))
        network.run(for: .milliseconds(60))
        XCTAssertEqual(network.leader, "b")
        let second = network.propose(at: "b")
        network.settle()
        XCTAssertEqual(copies(network, second), 1)
        isClean(network)
    }

    /// A frozen primary refuses nothing: the new one waits two election timeouts for its first word, not longer.
    func testTheSurvivorOfASilentPrimaryGoesOnSoon() {
        var network = pair()
        network.reportsLosses = false
        network.isolate("a")
        var ticket: Ticket?
        var waited = Duration.zero
        while waited < .seconds(2) {
            if ticket == nil, network.leader == "b" { ticket = network.propose(at: "b") }
            if let ticket, network.outcome(ticket) != nil { break }
            network.run(for: .milliseconds(5))
            waited += .milliseconds(5)
        }
        XCTAssertLessThanOrEqual(waited, .milliseconds(700))
        XCTAssertEqual(ticket.flatMap { copies(network, $0) }, 1)
        isClean(network)
    }

    /// F1: the link between the two voters is cut. The primary goes on with the witness, the backup gets no votes.
    func testF1WithTheLinkCutOnlyOneSideGoesOn() {
        var network = pair()
        network.cuts = [("a", "b"), ("b", "a")]
        network.reportsLosses = false
        network.run(for: .seconds(3))
        XCTAssertEqual(network.leader, "a")
        XCTAssertEqual(network.status("a").term, network.status("w").term)
        let ticket = network.propose(at: "a")
        network.run(for: .milliseconds(100))
        XCTAssertEqual(copies(network, ticket), 1)
        network.cuts = []
        network.run(for: .seconds(2))
        XCTAssertEqual(network.leader, "a")
        XCTAssertFalse(network.status("a").isDegraded)
        isClean(network)
    }

    /// C10 in a pair with a witness: nothing commits without the primary's disk, so when that hangs it must step down.
    func testC10APrimaryWithAHungDiskHandsOver() {
        var network = pair()
        network["a"].syncsAtOnce = false
        _ = network.propose(at: "a")
        network.run(for: .seconds(3))
        XCTAssertEqual(network.leader, "b")
        let ticket = network.propose(at: "b")
        network.run(for: .seconds(2))
        XCTAssertEqual(copies(network, ticket), 1)
        isClean(network)
    }

    /// F9: a witness restarts with what it had.
    func testF9AWitnessRemembersOverARestart() {
        var network = pair()
        network.crash("b")
        let ticket = network.propose(at: "a")
        network.settle()
        XCTAssertEqual(copies(network, ticket), 1)
        network.crash("w")
        network.crash("a")
        network.start("w")
        network.start("b")
        network.run(for: .seconds(3))
        XCTAssertNil(network.leader, "the witness knows of an entry that the backup lacks")
        isClean(network)
    }

    /// F9: a witness that lost its disk is another one, and counts for nothing until it is made a member.
    func testF9AWipedWitnessCountsForNothing() {
        var network = pair()
        _ = network.propose(at: "a")
        network.settle()
        network.crash("w")
        network.wipe("w")
        network.start("w")
        network.crash("b")
        let ticket = network.propose(at: "a")
        network.run(for: .seconds(3))
        XCTAssertNil(copies(network, ticket))
        XCTAssertEqual(network["w"].disk.log, [])
        network.crash("a")
        network.start("b")
        network.run(for: .seconds(3))
        XCTAssertNil(network.leader, "a may have committed with the former witness alone")
        isClean(network)
    }
}
