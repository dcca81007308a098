import Foundation
import Raft
import Storage
import Synchronization
import XCTest

@testable import Cluster

/// B18: a node on a data directory that was put back from an older copy has forgotten what it promised.
final class OlderDirectoryTests: XCTestCase {
    private var cluster: LocalCluster?

    override func tearDownWithError() throws {
        try cluster?.tearDown()
        cluster = nil
    }

    func testB18ANodeOnAnOlderCopyOfItsDirectoryStopsAndSaysWhy() throws {
        let cluster = try LocalCluster(3)
        self.cluster = cluster
        try cluster.startAll()
        let node = cluster.nodes[2]
        try send(in: cluster)
        try restart(node, in: cluster) {
            try FileManager.default.copyItem(atPath: node.path, toPath: node.path + ".copy")
        }
        try restart(node, in: cluster) {}
        try restart(node, in: cluster) {}
        node.mayFail = true
        try cluster.stop(node)
        try FileManager.default.removeItem(atPath: node.path)
        try FileManager.default.moveItem(atPath: node.path + ".copy", toPath: node.path)
        try cluster.start(node)
        let reason = try cluster.eventually("the node stops") { node.endpoint.failure.withLock { $0 } }
        XCTAssertTrue(reason.contains("older than one this node ran on before"), reason)
        // The others go on.
        try send(in: cluster)
        // Each start counts: after two more the others could not tell any more.
        for _ in 1...3 {
            try cluster.stop(node)
            node.endpoint.failure.withLock { $0 = nil }
            try cluster.start(node)
            let reason = try cluster.eventually("the node stops again") { node.endpoint.failure.withLock { $0 } }
            XCTAssertTrue(reason.contains("may have been acknowledged"), reason)
        }
        try send(in: cluster)
    }

    /// Starts the node again, and waits until the others have heard of that.
    private func restart(
        _ node: LocalCluster.Node,
        in cluster: LocalCluster,
        whileDown body: () throws -> Void
    ) throws {
        try cluster.stop(node)
        try body()
        try cluster.start(node)
        let through = try send(in: cluster)
        try cluster.eventually("it has caught up") { () -> Bool? in
            (node.running?.replica.status.appliedIndex ?? 0) >= through ? true : nil
        }
        let directory = try XCTUnwrap(node.running?.directory)
        let boot = directory.recovered.bootCount
        let member = MemberIdentity(id: node.id, incarnation: directory.identity.incarnation)
        let primary = try cluster.primary()
        try cluster.eventually("its start is noted") { () -> Bool? in
            primary.running?.directory.knownBoot(of: member) == boot ? true : nil
        }
    }

    @discardableResult
    private func send(in cluster: LocalCluster) throws -> UInt64 {
        let outcome = try cluster.send("hello", to: cluster.primary())
        guard case .committed(let ids, _, _) = outcome else { throw LocalCluster.TimedOut(description: "\(outcome)") }
        return ids.upperBound
    }
}
