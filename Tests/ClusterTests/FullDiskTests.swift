import FoundationEssentials
import Raft
import SimulatedDisk
import Storage
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
}
