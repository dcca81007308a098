import TandemClient
import TandemTesting
import XCTest

/// Nodes that are there but can't be reached: nothing is refused, nothing is answered.
final class CutOffTests: ChaosTestCase {
    func testACutOffPrimaryOfThreeIsReplacedAndFollowsAfterwards() async throws {
        try await cutOffPrimary(nodes: 3, witness: false)
    }

    func testACutOffPrimaryOfAPairWithAWitnessIsReplacedAndFollowsAfterwards() async throws {
        try await cutOffPrimary(nodes: 2, witness: true)
    }

    private func cutOffPrimary(nodes: Int, witness: Bool) async throws {
        let (cluster, network) = try await startClusterInNetwork(nodes: nodes, witness: witness)
        // A request that the node which was cut off has, or was passed, is lost; clients with little patience see when
        // others are served.
        let load = Load(on: cluster.urls, patience: .milliseconds(100))
        var gaps: [Duration] = []
        for _ in 1...rounds {
            try await load.waitForAcknowledgements()
            let former = try await cluster.primaryWithItsBackup()
            let cut = ContinuousClock.now
            try network.cutOff(former)
            try await load.waitForAcknowledgements()
            gaps.append(load.ledger.longestGap(since: cut))
            let successor = try await cluster.primary(of: cluster.voters.filter { $0 != former })
            XCTAssertNotEqual(successor, former)
            try network.reconnect(former)
            try await cluster.waitUntilServing()
        }
        try await cluster.waitUntil(degraded: false)
        try await load.stop()
        report("cutting off the primary of \(cluster.nodes.joined(separator: ", ")) → next 201", gaps, load)
        try await assertKeepsPromises(cluster, load.ledger)
    }

    /// The witness hears both and votes for neither against the other: the primary stays, and works alone.
    func testAPrimaryCutOffFromItsBackupOnlyStaysThePrimary() async throws {
        let (cluster, network) = try await startClusterInNetwork(nodes: 2, witness: true)
        let (primary, backup) = (try await cluster.primary(), try await cluster.backup())
        let load = Load(on: [cluster.url(of: primary)])
        var gaps: [Duration] = []
        let term = try await cluster.waitUntil(degraded: false).term
        for _ in 1...holdUpRounds {
            try await load.waitForAcknowledgements()
            let cut = ContinuousClock.now
            try network.separate(primary, from: backup)
            try await cluster.waitUntil(degraded: true)
            try await load.waitForAcknowledgements()
            gaps.append(load.ledger.longestGap(since: cut))
            try network.rejoin(primary, with: backup)
            let whole = try await cluster.waitUntil(degraded: false)
            XCTAssertEqual([whole.node.id, whole.leader?.id], [primary, primary])
            XCTAssertEqual(whole.term, term, "nobody was elected meanwhile")
        }
        try await load.stop()
        report("cutting the primary of 2+w off from its backup → next 201", gaps, load)
        try await cluster.waitUntilServing()
        try await assertKeepsPromises(cluster, load.ledger)
    }
}
