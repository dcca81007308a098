import Foundation
import TandemClient
import TandemTesting
import XCTest

/// B14, B15 on real processes: bytes of a node's log change on its disk under load, and come back from the others.
final class DamageTests: ChaosTestCase {
    private static let scrub = ["--scrub-interval", "1s"]

    func testB14B15BytesFlippedUnderARunningBackup() async throws {
        try await damage { cluster in
            let primary = try await cluster.primary()
            let backup = try XCTUnwrap(cluster.nodes.last { $0 != primary })
            try self.flipBytes(of: backup, in: cluster)
            return backup
        }
    }

    func testB14B15BytesFlippedUnderTheRunningPrimary() async throws {
        try await damage { cluster in
            let primary = try await cluster.primary()
            try self.flipBytes(of: primary, in: cluster)
            return primary
        }
    }

    func testB14B15BytesFlippedOnTheDiskOfANodeThatIsDown() async throws {
        try await damage { cluster in
            let primary = try await cluster.primary()
            try await cluster.kill(primary)
            try self.flipBytes(of: primary, in: cluster)
            try await cluster.relaunch(primary)
            return primary
        }
    }

    private func damage(_ harm: (ThrowawayCluster) async throws -> String) async throws {
        let cluster = try await startCluster(nodes: 3, flags: Self.scrub)
        let load = Load(on: cluster.urls)
        var times: [Duration] = []
        for _ in 1...rounds {
            try await load.waitForAcknowledgements(200)
            let damaged = try await harm(cluster)
            let start = ContinuousClock.now
            try await waitForRepair(of: damaged, in: cluster)
            times.append(ContinuousClock.now - start)
            // Each round counts from nothing.
            try await cluster.kill(damaged)
            try await cluster.restart(damaged)
        }
        try await load.stop()
        report("bytes of a log flipped → put back", times, load)
        try await assertKeepsPromises(cluster, load.ledger)
    }

    private func waitForRepair(of node: String, in cluster: ThrowawayCluster) async throws {
        let client = cluster.client(for: node)
        let end = ContinuousClock.now + .seconds(30)
        var last = "no status"
        while ContinuousClock.now < end {
            // A node that is starting does not answer yet.
            if let status = try? await client.status() {
                last = "\(status.storage) \(status.problems)"
                if status.storage.repairedEntries >= 2, status.storage.damagedEntries == 0 { return }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        XCTFail("\(node) is not whole again: \(last)")
    }

    /// Changes a bit in each of two messages, in the first segment of a node's log.
    private func flipBytes(of node: String, in cluster: ThrowawayCluster) throws {
        let file = cluster.dataDirectory(of: node).appendingPathComponent("log/0000000001.log")
        let bytes = try Data(contentsOf: file)
        let written = bytes.lastIndex { $0 != 0 } ?? 0
        let word = Data("all".utf8)
        let first = try XCTUnwrap(bytes.range(of: word, in: written / 2..<written))
        let second = try XCTUnwrap(bytes.range(of: word, in: first.upperBound..<written))
        var changed = bytes[first.lowerBound...second.lowerBound]
        changed[first.lowerBound] ^= 4
        changed[second.lowerBound] ^= 4
        // In one write: a running node that puts the first one back at once would put back the second one unseen.
        let handle = try FileHandle(forUpdating: file)
        try handle.seek(toOffset: UInt64(first.lowerBound))
        try handle.write(contentsOf: changed)
        try handle.close()
    }
}
