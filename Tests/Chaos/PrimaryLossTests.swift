import TandemTesting
import XCTest

/// The primary dies under load; the others go on.
final class PrimaryLossTests: ChaosTestCase {
    func testKillingThePrimaryOfThreeLosesNothing() async throws {
        let cluster = try await startCluster(nodes: 3)
        let load = Load(on: cluster.urls)
        var gaps: [Duration] = []
        for _ in 1...rounds {
            try await load.waitForAcknowledgements()
            let primary = try await cluster.primary()
            let killed = ContinuousClock.now
            try await cluster.kill(primary)
            try await load.waitForAcknowledgements()
            gaps.append(load.ledger.longestGap(since: killed))
            try await cluster.restart(primary)
        }
        try await load.stop()
        report("kill -9 of the primary of 3 → next 201", gaps, load)
        try await assertKeepsPromises(cluster, load.ledger)
    }

    func testStoppingThePrimaryInOrderLosesNothing() async throws {
        let cluster = try await startCluster(nodes: 3)
        let load = Load(on: cluster.urls)
        var gaps: [Duration] = []
        for _ in 1...rounds {
            try await load.waitForAcknowledgements()
            let primary = try await cluster.primary()
            let asked = ContinuousClock.now
            let status = try await cluster.terminate(primary)
            XCTAssertEqual(status, 0)
            try await load.waitForAcknowledgements()
            gaps.append(load.ledger.longestGap(since: asked))
            try await cluster.restart(primary)
        }
        try await load.stop()
        report("SIGTERM to the primary of 3 → next 201", gaps, load)
        try await assertKeepsPromises(cluster, load.ledger)
    }

    func testAPrimaryThatHangsIsReplacedAndFollowsAfterwards() async throws {
        let cluster = try await startCluster(nodes: 3)
        // Requests that have reached the frozen node are lost; clients with little patience see when others are served.
        let load = Load(on: cluster.urls, patience: .milliseconds(100))
        var gaps: [Duration] = []
        for _ in 1...rounds {
            try await load.waitForAcknowledgements()
            let former = try await cluster.primary()
            let frozen = ContinuousClock.now
            try cluster.pause(former)
            try await load.waitForAcknowledgements()
            gaps.append(load.ledger.longestGap(since: frozen))
            let successor = try await cluster.primary(of: cluster.nodes.filter { $0 != former })
            XCTAssertNotEqual(successor, former)
            try cluster.resume(former)
            try await cluster.waitUntilServing()
        }
        try await load.waitForAcknowledgements()
        try await load.stop()
        report("SIGSTOP of the primary of 3 → next 201", gaps, load)
        try await assertKeepsPromises(cluster, load.ledger)
    }
}
