import Foundation
import Raft
import Storage
import XCTest

@testable import Cluster

/// B14, B15: bytes that the disk lost come back from the other nodes, and are never served meanwhile.
final class RepairTests: XCTestCase {
    private var cluster: LocalCluster?

    override func tearDownWithError() throws {
        try cluster?.tearDown()
        cluster = nil
    }

    func testB14DamageFoundAtAStartIsPutBackFromTheOthers() throws {
        let cluster = try start(3)
        let through = try send(1...40, in: cluster)
        let damaged = cluster.nodes[2]
        try cluster.stop(damaged)
        try flip("message 7.", on: damaged)
        try flip("message 30.", on: damaged)
        try cluster.start(damaged)
        try assertHoldsEverything(damaged, 1...40, through: through, in: cluster)
        XCTAssertGreaterThanOrEqual(try health(of: damaged).repaired, 2)
        // On the disk too.
        try cluster.stop(damaged)
        try cluster.start(damaged)
        try assertHoldsEverything(damaged, 1...40, through: through, in: cluster)
        XCTAssertEqual(try health(of: damaged).repaired, 0)
    }

    func testB15NodesThatAreAllDamagedHelpEachOther() throws {
        let cluster = try start(2)
        let through = try send(1...40, in: cluster)
        try cluster.stopAll()
        try flip("message 5.", on: cluster.nodes[0])
        try flip("message 20.", on: cluster.nodes[1])
        try cluster.startAll()
        for node in cluster.nodes { try assertHoldsEverything(node, 1...40, through: through, in: cluster) }
    }

    func testB14WhatNobodyHasIsSaidAndKeptUntilSomebodyHasIt() throws {
        let cluster = try start(2)
        let through = try send(1...10, in: cluster)
        try cluster.stopAll()
        for node in cluster.nodes { try flip("message 5.", on: node) }
        try cluster.startAll()
        let damaged = cluster.nodes[0]
        let problem = try cluster.eventually("a problem with a reason") {
            damaged.running?.replica.status.problems.first { $0.name == .repairing && $0.detail.contains("b can't") }
        }
        XCTAssertTrue(problem.detail.contains("damaged"), problem.detail)
        XCTAssertTrue(problem.detail.contains("start it with an empty one and --join URL --rejoin"), problem.detail)
        guard case .notAccepted(.repairing) = try cluster.send("more", to: damaged, hold: .zero) else {
            return XCTFail("a write was taken")
        }
        guard case .notAccepted(.repairing) = try cluster.read(from: damaged, hold: .zero) else {
            return XCTFail("a read was taken")
        }
        // The operator has a copy of one of the disks.
        try cluster.stop(cluster.nodes[1])
        try flip("message 5.", on: cluster.nodes[1])
        try cluster.start(cluster.nodes[1])
        for node in cluster.nodes { try assertHoldsEverything(node, 1...10, through: through, in: cluster) }
    }

    func testB14AReadThatMeetsDamageIsRefusedUntilItIsPutBack() throws {
        let cluster = try start(3)
        let through = try send(1...20, in: cluster)
        let damaged = cluster.nodes[1]
        try cluster.eventually("all of it is on the backup") { applied(damaged) >= through ? true : nil }
        try cluster.stop(cluster.nodes[2])
        try cluster.stop(cluster.nodes[0])
        try flip("message 9.", on: damaged)
        let refused = try cluster.page(on: damaged, through: through)
        guard case .failure(.repairing) = refused else { return XCTFail("\(refused)") }
        try cluster.start(cluster.nodes[2])
        try cluster.start(cluster.nodes[0])
        try assertHoldsEverything(damaged, 1...20, through: through, in: cluster)
    }

    /// Its segment holds more that is damaged than the read has met: all of it is counted.
    func testB14WhatARepairFindsBesideIsCountedToo() throws {
        let cluster = try start(3)
        let through = try send(1...20, in: cluster)
        let damaged = cluster.nodes[1]
        try cluster.eventually("all of it is on the backup") { applied(damaged) >= through ? true : nil }
        for content in ["message 9.", "message 12.", "message 13."] { try flip(content, on: damaged) }
        let refused = try cluster.page(on: damaged, through: through)
        guard case .failure(.repairing) = refused else { return XCTFail("\(refused)") }
        try assertHoldsEverything(damaged, 1...20, through: through, in: cluster)
        try cluster.eventually("three are counted") { try? health(of: damaged).repaired == 3 ? true : nil }
    }

    func testAScrubFindsDamageThatNobodyAskedForOnABackupAndOnThePrimary() throws {
        let cluster = try start(3, scrubInterval: .milliseconds(200))
        let through = try send(1...40, in: cluster)
        let primary = try cluster.primary()
        for damaged in [cluster.nodes.first { $0.id != primary.id }, primary].compactMap({ $0 }) {
            try cluster.eventually("all of it is there") { applied(damaged) >= through ? true : nil }
            try flip("message 11.", on: damaged)
            try cluster.eventually("it is put back") { try? health(of: damaged).repaired > 0 ? true : nil }
            try assertHoldsEverything(damaged, 1...40, through: through, in: cluster)
        }
        try cluster.eventually("another node leads") {
            cluster.nodes.contains { $0.id != primary.id && $0.running?.replica.status.role == .leader } ? true : nil
        }
    }

    /// A start that trusts what it once knew of a segment reads only this of it.
    func testB14ADamagedMembershipOfASealedSegmentIsPutBackFromTheOthers() throws {
        let cluster = try start(3)
        let padding = String(repeating: ".", count: 16 << 10)
        for number in 1...20 {
            let outcome = try cluster.send("message \(number)" + padding, to: cluster.primary())
            guard case .committed = outcome else { return XCTFail("message \(number): \(outcome)") }
        }
        let through = try send(1...1, in: cluster)
        let damaged = cluster.nodes[2]
        try cluster.eventually("all of it is there") { applied(damaged) >= through ? true : nil }
        try cluster.stop(damaged)
        XCTAssertTrue(FileManager.default.fileExists(atPath: damaged.path + "/log/0000000001.summary"))
        XCTAssertTrue(FileManager.default.fileExists(atPath: damaged.path + "/checkpoint"))
        // Of the membership that the cluster was formed with.
        try flip(damaged.url, on: damaged)
        try cluster.start(damaged)
        try cluster.eventually("it is whole, and takes part") { () -> Bool? in
            guard let status = damaged.running?.replica.status, status.leader != nil else { return nil }
            return status.health.isWhole && status.appliedIndex >= through ? true : nil
        }
        XCTAssertEqual(damaged.running?.directory.log.damage, [])
        let membership = try XCTUnwrap(damaged.running?.directory.log.entry(at: 1))
        XCTAssertEqual(membership.kind, .membership)
    }

    // MARK: Parts

    private func start(_ count: Int, scrubInterval: Duration? = nil) throws -> LocalCluster {
        let cluster = try LocalCluster(count)
        self.cluster = cluster
        cluster.scrubInterval = scrubInterval
        try cluster.startAll()
        return cluster
    }

    /// - Returns: the id of the last one.
    private func send(_ numbers: ClosedRange<Int>, in cluster: LocalCluster) throws -> UInt64 {
        var last: UInt64 = 0
        for number in numbers {
            let outcome = try cluster.send("message \(number).", to: cluster.primary())
            guard case .committed(let ids, _, _) = outcome else {
                throw LocalCluster.TimedOut(description: "message \(number): \(outcome)")
            }
            last = ids.upperBound
        }
        return last
    }

    private func applied(_ node: LocalCluster.Node) -> UInt64 { node.running?.replica.status.appliedIndex ?? 0 }

    private func health(of node: LocalCluster.Node) throws -> LogHealth {
        try XCTUnwrap(node.running?.replica.status.health)
    }

    /// Changes a bit of a message where it stands on a node's disk, or changes it back.
    private func flip(_ content: String, on node: LocalCluster.Node) throws {
        let directory = URL(fileURLWithPath: node.path + "/log")
        let pattern = Array(content.utf8.dropFirst())
        for file in try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil) {
            let bytes = Array(try Data(contentsOf: file))
            guard
                let place = bytes.indices.dropLast(pattern.count).first(where: { place in
                    bytes[place + 1] == pattern[0] && Array(bytes[place + 1..<place + 1 + pattern.count]) == pattern
                })
            else { continue }
            let handle = try FileHandle(forUpdating: file)
            try handle.seek(toOffset: UInt64(place))
            try handle.write(contentsOf: [bytes[place] ^ 1])
            return try handle.close()
        }
        XCTFail("\(content) is nowhere on the disk of \(node.id)")
    }

    private func assertHoldsEverything(
        _ node: LocalCluster.Node,
        _ numbers: ClosedRange<Int>,
        through: UInt64,
        in cluster: LocalCluster
    ) throws {
        try cluster.eventually("\(node.id) is whole and has applied everything") { () -> Bool? in
            // What the log knows comes first: the status may be of a moment before a read met the damage.
            guard let running = node.running, running.directory.log.damage.isEmpty else { return nil }
            let status = running.replica.status
            return status.health.isWhole && status.appliedIndex >= through ? true : nil
        }
        XCTAssertEqual(node.running?.directory.log.damage, [])
        let expected = numbers.map { "message \($0)." }
        XCTAssertEqual(try cluster.contents(on: node, through: through), expected)
        XCTAssertEqual(try cluster.contents(on: node, recipient: "bob", through: through), expected)
    }
}

extension LocalCluster {
    fileprivate func page(on node: Node, through: UInt64) throws -> Result<MessagePage, ReadFailure> {
        guard let reader = node.running?.replica.reader else { throw TimedOut(description: "\(node.id) does not run") }
        return try wait { done in reader.page(MessageQuery(after: 0, through: through, limit: 100), completion: done) }
    }
}
