import TandemClient
import TandemTesting
import XCTest

/// Planned changes of the primary, under load.
final class TransferTests: ChaosTestCase {
    func testAPlannedChangeLosesAndFailsNothing() async throws {
        let cluster = try await startCluster(nodes: 3)
        let client = cluster.client()
        let load = Load(on: cluster.urls)
        var gaps: [Duration] = []
        for _ in 0..<rounds {
            try await load.waitForAcknowledgements()
            let former = try await cluster.primary()
            let start = ContinuousClock.now
            let successor = try await client.transferPrimary()
            XCTAssertNotEqual(successor.id, former)
            try await load.waitForAcknowledgements()
            gaps.append(load.ledger.longestGap(since: start))
            let primary = try await cluster.primary()
            XCTAssertEqual(primary, successor.id)
        }
        try await load.stop()
        report("planned change of the primary of 3, longest time without a 201", gaps, load)
        assertDeliversAll(load)
        try await assertKeepsPromises(cluster, load.ledger)
    }

    /// As for an upgrade: each node in turn is told to stop and started again.
    func testARollingRestartLosesAndFailsNothing() async throws {
        let cluster = try await startCluster(nodes: 3)
        let load = Load(on: cluster.urls)
        try await load.waitForAcknowledgements()
        var gaps: [Duration] = []
        for round in 0..<rounds * 3 {
            let start = ContinuousClock.now
            let node = cluster.nodes[round % 3]
            let status = try await cluster.terminate(node)
            XCTAssertEqual(status, 0)
            try await load.waitForAcknowledgements()
            try await cluster.restart(node)
            try await load.waitForAcknowledgements()
            gaps.append(load.ledger.longestGap(since: start))
        }
        try await load.stop()
        report("rolling restart of 3, longest time without a 201", gaps, load)
        assertDeliversAll(load)
        try await assertKeepsPromises(cluster, load.ledger)
    }
}
