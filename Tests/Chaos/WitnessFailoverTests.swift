import TandemClient
import TandemTesting
import XCTest

/// A pair with a witness loses its primary; the backup takes over by itself.
final class WitnessFailoverTests: ChaosTestCase {
    func testKillingThePrimaryLosesNothing() async throws {
        let cluster = try await startCluster(nodes: 2, witness: true)
        let load = Load(on: cluster.urls)
        var gaps: [Duration] = []
        for _ in 1...rounds {
            // A primary that works without its backup is not to be lost: the cluster would wait for it.
            try await load.waitForAcknowledgements()
            let primary = try await cluster.primaryWithItsBackup()
            let killed = ContinuousClock.now
            try await cluster.kill(primary)
            try await load.waitForAcknowledgements()
            gaps.append(load.ledger.longestGap(since: killed))
            try await cluster.restart(primary)
        }
        try await load.stop()
        report("kill -9 of the primary of 2+w → next 201", gaps, load)
        try await assertKeepsPromises(cluster, load.ledger)
    }

    func testAPrimaryThatHangsIsReplacedAndFollowsAfterwards() async throws {
        let cluster = try await startCluster(nodes: 2, witness: true)
        // Requests that have reached the frozen node are lost; clients with little patience see when others are served.
        let load = Load(on: cluster.urls, patience: .milliseconds(100))
        var gaps: [Duration] = []
        for _ in 1...rounds {
            try await load.waitForAcknowledgements()
            let former = try await cluster.primaryWithItsBackup()
            let frozen = ContinuousClock.now
            try cluster.pause(former)
            try await load.waitForAcknowledgements()
            gaps.append(load.ledger.longestGap(since: frozen))
            let successor = try await cluster.primary(of: cluster.voters.filter { $0 != former })
            XCTAssertNotEqual(successor, former)
            try cluster.resume(former)
            try await cluster.waitUntilServing()
        }
        try await cluster.waitUntil(degraded: false)
        try await load.stop()
        report("SIGSTOP of the primary of 2+w → next 201", gaps, load)
        try await assertKeepsPromises(cluster, load.ledger)
    }

    /// The exception: a primary that works without its backup alone has the newest messages.
    func testWithItsDegradedPrimaryLostTheClusterWaitsForIt() async throws {
        let cluster = try await startCluster(nodes: 2, witness: true)
        let (primary, backup) = (try await cluster.primary(), try await cluster.backup())
        try await cluster.kill(backup)
        let load = Load(on: [cluster.url(of: primary)])
        try await load.waitForAcknowledgements()
        try await load.stop()
        try await cluster.waitUntil(degraded: true)
        try await cluster.kill(primary)

        try await cluster.relaunch(backup)
        let client = AttentiveClient()
        let survivor = cluster.url(of: backup)
        let status = try await cluster.waitForAnswer(from: backup)
        XCTAssertNil(status.leader)
        // Each is held for as long as a request is (`--hold`): many elections could have been won meanwhile.
        for number in 1...3 {
            let answer = try await client.send("must not be there \(number)", to: survivor)
            XCTAssertEqual(answer.status, 503, "\(answer)")
            XCTAssertEqual(answer.problem["outcome"], "not-accepted", "\(answer)")
        }
        XCTAssertTrue(status.problems.contains { $0.name == "no-primary" }, "\(status.problems)")

        try await cluster.restart(primary)
        let later = Load(on: cluster.urls)
        try await later.waitForAcknowledgements()
        try await later.stop()
        try await cluster.waitUntil(degraded: false)
        let history = try await History.read(from: survivor)
        let acknowledged = load.ledger.entries.acknowledged + later.ledger.entries.acknowledged
        XCTAssertEqual(Set(acknowledged).subtracting(history.messages), [], "every acknowledged message is there")
        XCTAssertFalse(history.messages.contains { $0.content.hasPrefix("must not be there") })
    }
}
