import FoundationEssentials
import Messaging
import Raft
import SimulatedDisk
import Storage
import Synchronization
import XCTest

@testable import Cluster

/// A node whose disk is full still votes, so that there is a leader as soon as there is room.
final class FullDiskTests: XCTestCase {
    private var cluster: LocalCluster?

    override func tearDownWithError() throws {
        try cluster?.tearDown()
        cluster = nil
    }

    func testAVoterWithAFullDiskStillVotes() throws {
        let cluster = try LocalCluster(3)
        self.cluster = cluster
        let full = cluster.nodes[2]
        let disk = FaultyDisk(seed: 1)
        full.faultyDisk = disk
        try FileManager.default.createDirectory(atPath: full.path, withIntermediateDirectories: true)
        try cluster.startAll()
        XCTAssertEqual(try cluster.primary().id, "a")
        disk.setCapacity(disk.usedBytes)
        let text = String(repeating: "x", count: 20_000)
        for number in 0..<40 {
            guard case .committed = try cluster.send("\(number) \(text)", to: cluster.nodes[0]) else {
                return XCTFail("the others have room")
            }
        }
        let last = try XCTUnwrap(cluster.nodes[0].running?.directory.log.summary.last)
        XCTAssertLessThan(try XCTUnwrap(full.running?.directory.log.summary.last), last)

        try cluster.stop(cluster.nodes[0])
        _ = try cluster.eventually("a leader") {
            cluster.nodes[1].running?.replica.status.role == .leader ? true : nil
        }
        // It can't commit before there is room for what the full disk lacks; then it goes on by itself.
        disk.setCapacity(nil)
        XCTAssertEqual(try cluster.primary().id, "b")
    }

    /// Room made ahead is looked for again while proposals are refused. Where the disk fails at that, no write would
    /// tell: a node alone has nothing to write.
    func testB13ANodeAloneWhoseDiskFailsWhileItIsFullStops() throws {
        let (cluster, node, disk) = try startAlone { _, node in node.mayFail = true }
        let text = String(repeating: "x", count: 20_000)
        try cluster.eventually("messages are refused") {
            if case .notAccepted(.diskFull) = try? cluster.send(text, to: node) { true } else { nil }
        }
        let operations = disk.operations
        try cluster.eventually("the log is sealed") { disk.operations >= operations + 2 ? true : nil }

        disk.inject(.error, at: disk.operations + 1)
        disk.setCapacity(nil)
        let reason = try cluster.eventually("the node stops") { node.endpoint.failure.withLock { $0 } }
        XCTAssertTrue(reason.contains("The disk reports an error"), reason)
        cluster.stopWithoutItsDisk(node)
    }

    /// What is left of the segment is enough for other writes, and not for the one that waits: nothing is taken until
    /// that one has found room.
    func testB13MessagesAreRefusedAsLongAsAWriteWaitsForRoom() throws {
        let (cluster, node, disk) = try startAlone { cluster, _ in cluster.lowWaterBytes = 1 << 10 }
        let replica = try XCTUnwrap(node.running?.replica)
        let waiting = expectation(description: "the message that has to wait")
        let draft = Draft(sender: "alice", recipient: "bob", content: String(repeating: "x", count: 300_000))
        replica.propose([Command.unstampedPayload(of: draft)], copies: 1, hold: .seconds(5)) { outcome in
            if case .committed = outcome { waiting.fulfill() }
        }
        try cluster.eventually("the disk is full") { replica.status.diskFull ? true : nil }
        let end = Clocks.monotonic() + .milliseconds(500)
        while Clocks.monotonic() < end {
            guard case .notAccepted(.diskFull) = try cluster.send("small", to: node) else {
                return XCTFail("taken, though the disk is full")
            }
        }
        disk.setCapacity(nil)
        wait(for: [waiting], timeout: 15)
    }

    /// One node alone, whose disk is full from now on.
    private func startAlone(
        _ prepare: (LocalCluster, LocalCluster.Node) -> Void
    ) throws -> (LocalCluster, LocalCluster.Node, FaultyDisk) {
        let cluster = try LocalCluster(1)
        self.cluster = cluster
        let node = cluster.nodes[0]
        prepare(cluster, node)
        let disk = FaultyDisk(seed: 1)
        node.faultyDisk = disk
        try FileManager.default.createDirectory(atPath: node.path, withIntermediateDirectories: true)
        try cluster.startAll()
        _ = try cluster.primary()
        disk.setCapacity(disk.usedBytes)
        return (cluster, node, disk)
    }
}
