import Messaging
import Raft
import Storage
import XCTest

@testable import Cluster

/// A pair with a witness, on real disks and over real HTTP.
final class WitnessTests: XCTestCase {
    private var running: LocalCluster?

    override func tearDownWithError() throws {
        try running?.tearDown()
        running = nil
    }

    func testTheFoundingNamesTheWitnessOnEveryNode() throws {
        let cluster = try makeCluster()
        XCTAssertEqual(try cluster.primary().id, "a")
        for node in cluster.nodes {
            let log = try XCTUnwrap(node.running?.directory.log)
            let membership = try MembershipCoding.decode(log.entry(at: 1).payload).membership
            XCTAssertEqual(membership.members.map(\.kind), [.voter, .voter, .witness], "on \(node.id)")
        }
        XCTAssertEqual(try witness(of: cluster).status.kind, .witness)
    }

    func testAWitnessKeepsTheOrderOfTheMessagesAndNothingElse() throws {
        let cluster = try makeCluster()
        var last: UInt64 = 0
        for number in 1...5 { last = try commit("secret \(number)", to: cluster).upperBound }
        let witness = try witness(of: cluster)
        try cluster.eventually("the witness follows") { witness.status.appliedIndex >= last ? () : nil }

        let voter = try XCTUnwrap(cluster.nodes[1].running?.directory.log)
        let log = try XCTUnwrap(cluster.nodes[2].running?.directory.log)
        let range = (from: LogIndex(1), through: LogIndex(last))
        let held = try log.entries(from: range.from, through: range.through, bytesMax: 1 << 20)
        let whole = try voter.entries(from: range.from, through: range.through, bytesMax: 1 << 20)
        XCTAssertEqual(held, whole.map(\.withoutPayload))
        XCTAssertEqual(held.count { $0.payloadElsewhere }, 5)
        XCTAssertEqual(witness.status.messageCount, 0)
        XCTAssertNil(witness.status.lastID)
    }

    func testAWitnessHasNoMessageToRead() throws {
        let cluster = try makeCluster()
        let id = try commit("secret", to: cluster).lowerBound
        let witness = try witness(of: cluster)
        try cluster.eventually("the witness follows") { witness.status.appliedIndex >= id ? () : nil }
        let found: Result<Message?, ReadFailure> = try cluster.wait { done in
            witness.reader.message(id: id, completion: done)
        }
        XCTAssertNil(try found.get())
        XCTAssertEqual(try cluster.contents(on: cluster.nodes[2], through: id), [])
        XCTAssertEqual(try cluster.contents(on: cluster.nodes[2], recipient: "bob", through: id), [])
    }

    func testAWitnessStartsAgainAndGoesOn() throws {
        let cluster = try makeCluster()
        _ = try commit("before", to: cluster)
        try cluster.stop(cluster.nodes[2])
        let last = try commit("meanwhile", to: cluster).upperBound
        try cluster.start(cluster.nodes[2])
        let witness = try witness(of: cluster)
        try cluster.eventually("the witness caught up") { witness.status.appliedIndex >= last ? () : nil }
        XCTAssertEqual(witness.status.kind, .witness)
    }

    func testWithoutItsBackupThePrimaryGoesOnWithOneCopyAndSaysSo() throws {
        let cluster = try makeCluster()
        let primary = try cluster.primary()
        XCTAssertEqual(try copies(of: cluster.send("with both", to: primary)), 2)
        let backup = cluster.nodes[1]
        try cluster.stop(backup)
        let replica = try XCTUnwrap(primary.running?.replica)
        try cluster.eventually("degraded") { replica.status.degraded ? () : nil }
        XCTAssertTrue(replica.status.problems.contains { $0.name == .degraded })
        XCTAssertEqual(try copies(of: cluster.send("alone", to: primary)), 1)
        guard case .notAccepted(.tooFewCopies(let atHand)) = try cluster.send("two", to: primary, copies: 2) else {
            return XCTFail("a message with two copies was taken")
        }
        XCTAssertEqual(atHand, 1)

        try cluster.start(backup)
        try cluster.eventually("whole again") { replica.status.degraded ? nil : () }
        XCTAssertEqual(try copies(of: cluster.send("with both again", to: primary, copies: 2)), 2)
        let last = try readable(cluster.read(from: primary))
        let returned = try XCTUnwrap(backup.running?.replica)
        try cluster.eventually("the backup has all") { returned.status.appliedIndex >= last ? () : nil }
        let contents = try cluster.contents(on: backup, through: last)
        XCTAssertEqual(contents, ["with both", "alone", "with both again"])
    }

    func testTheBackupTakesOverWithTheWitnessesVote() throws {
        let cluster = try makeCluster()
        let first = try cluster.primary()
        _ = try commit("one", to: cluster)
        try cluster.stop(first)
        let second = try cluster.primary()
        XCTAssertEqual(second.id, "b")
        XCTAssertEqual(try copies(of: cluster.send("two", to: second)), 1)
        try cluster.start(first)
        let replica = try XCTUnwrap(second.running?.replica)
        try cluster.eventually("whole again") { replica.status.degraded ? nil : () }
        XCTAssertEqual(try copies(of: cluster.send("three", to: second, copies: 2)), 2)
    }

    private func makeCluster() throws -> LocalCluster {
        let cluster = try LocalCluster(2, witness: true)
        running = cluster
        try cluster.startAll()
        return cluster
    }

    private func witness(of cluster: LocalCluster) throws -> Replica {
        try XCTUnwrap(cluster.nodes[2].running?.replica)
    }

    private func commit(_ content: String, to cluster: LocalCluster) throws -> ClosedRange<UInt64> {
        let outcome = try cluster.send(content, to: cluster.primary())
        guard case .committed(let ids, _, _) = outcome else {
            throw LocalCluster.TimedOut(description: "\(content): \(outcome)")
        }
        return ids
    }

    private func copies(of outcome: WriteOutcome) throws -> Int {
        guard case .committed(_, _, let copies) = outcome else {
            throw LocalCluster.TimedOut(description: "\(outcome)")
        }
        return copies
    }

    private func readable(_ outcome: ReadOutcome) throws -> UInt64 {
        guard case .readable(let through) = outcome else { throw LocalCluster.TimedOut(description: "\(outcome)") }
        return through
    }
}
