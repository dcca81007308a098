import FoundationEssentials
import HTTPClient
import Raft
import SimulatedDisk
import Storage
import XCTest

@testable import Cluster

/// Two voters, of which one becomes a learner and is then gone for good.
final class DemotionTests: XCTestCase {
    private var cluster: LocalCluster?

    override func tearDownWithError() throws {
        try cluster?.tearDown()
        cluster = nil
    }

    /// What proves that the other one need not be asked any more must be on the disk: the view of the messages, which
    /// knows how much is committed too, is written without waiting for the disk.
    func testTheVoterThatIsLeftGoesOnAloneAfterAPowerCut() throws {
        let cluster = try LocalCluster(2)
        self.cluster = cluster
        for (node, seed) in zip(cluster.nodes, 1...) {
            node.faultyDisk = FaultyDisk(seed: UInt64(seed))
            try FileManager.default.createDirectory(atPath: node.path, withIntermediateDirectories: true)
        }
        try cluster.startAll()
        let left = try cluster.primary()
        let gone = try XCTUnwrap(cluster.nodes.first { $0.id != left.id })
        let disk = try XCTUnwrap(left.faultyDisk)
        guard case .committed = try cluster.send("before", to: left) else { return XCTFail("two voters take it") }
        let earlier = disk.bytes(of: "checkpoint")
        let outcome: MembershipOutcome = try cluster.wait { done in
            left.running?.replica.changeMembership(.demote(gone.id), completion: done)
        }
        guard case .changed = outcome else { return XCTFail("\(outcome)") }
        try cluster.eventually("a new checkpoint") { disk.bytes(of: "checkpoint") == earlier ? nil : true }

        left.mayFail = true
        disk.cutPower()
        try cluster.stop(gone)
        try cluster.stopAfterPowerCut(left)
        left.faultyDisk = disk.reboot(.lost)
        try cluster.start(left)
        guard case .committed = try cluster.send("after", to: left) else { return XCTFail("one voter is left") }
        let last = try XCTUnwrap(left.running?.replica.status.appliedIndex)
        XCTAssertEqual(try cluster.contents(on: left, through: last), ["before", "after"])
    }
}

extension LocalCluster {
    /// Ends a node whose disk lost its power, and removes what is not on that disk.
    fileprivate func stopAfterPowerCut(_ node: Node) throws {
        stopWithoutItsDisk(node)
        try FileManager.default.removeItem(atPath: node.path)
        try FileManager.default.createDirectory(atPath: node.path, withIntermediateDirectories: true)
    }
}
