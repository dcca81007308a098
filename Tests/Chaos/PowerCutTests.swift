import TandemTesting
import XCTest

/// All nodes die at the same moment under load; what was acknowledged is there when they are back.
final class PowerCutTests: ChaosTestCase {
    func testOneNode() async throws { try await cutPower(nodes: 1) }

    func testPair() async throws { try await cutPower(nodes: 2) }

    func testThreeNodes() async throws { try await cutPower(nodes: 3) }

    func testPairWithAWitness() async throws { try await cutPower(nodes: 2, witness: true) }

    private func cutPower(nodes: Int, witness: Bool = false) async throws {
        let cluster = try await startCluster(nodes: nodes, witness: witness)
        let load = Load(on: cluster.urls)
        var times: [Duration] = []
        for _ in 1...rounds {
            try await load.waitForAcknowledgements()
            try await cluster.killAll()
            let start = ContinuousClock.now
            try await cluster.restartAll()
            try await load.waitForAcknowledgements(1)
            times.append(ContinuousClock.now - start)
        }
        try await load.stop()
        report("kill -9 of all \(cluster.nodes.joined(separator: ", ")) → started again and the next 201", times, load)
        try await assertKeepsPromises(cluster, load.ledger)
    }
}
