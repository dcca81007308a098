import ProcessTestSupport
import TandemClient
import TandemTesting
import XCTest

/// A pair with a witness loses its backup, or the witness: the primary goes on, and says with how many copies.
final class DegradedPairTests: ChaosTestCase {
    func testWithTheBackupGoneThePrimaryGoesOnAloneAndSaysSo() async throws {
        try await withoutBackup(
            "kill -9 of the backup of 2+w → next 201",
            rounds: rounds,
            take: { cluster, backup in try await cluster.kill(backup) },
            giveBack: { cluster, backup in try await cluster.restart(backup) }
        )
    }

    func testWithTheBackupHangingThePrimaryGoesOnAloneAndSaysSo() async throws {
        try await withoutBackup(
            "SIGSTOP of the backup of 2+w → next 201",
            rounds: holdUpRounds,
            take: { cluster, backup in try cluster.pause(backup) },
            giveBack: { cluster, backup in try cluster.resume(backup) }
        )
    }

    private func withoutBackup(
        _ what: String,
        rounds: Int,
        take: (ThrowawayCluster, String) async throws -> Void,
        giveBack: (ThrowawayCluster, String) async throws -> Void
    ) async throws {
        let cluster = try await startCluster(nodes: 2, witness: true)
        let client = AttentiveClient()
        let (primary, backup) = (try await cluster.primary(), try await cluster.backup())
        let url = cluster.url(of: primary)
        let load = Load(on: [url])
        var gaps: [Duration] = []
        for round in 1...rounds {
            try await cluster.waitUntil(degraded: false)
            let whole = try await client.send("whole \(round)", to: url)
            XCTAssertEqual([whole.status, whole.copies], [201, 2], "\(whole)")
            try await load.waitForAcknowledgements()

            let taken = ContinuousClock.now
            try await take(cluster, backup)
            let status = try await cluster.waitUntil(degraded: true)
            try await load.waitForAcknowledgements()
            gaps.append(load.ledger.longestGap(since: taken))
            XCTAssertTrue(status.problems.contains { $0.name == "degraded" }, "\(status.problems)")
            let alone = try await client.send("alone \(round)", to: url)
            XCTAssertEqual([alone.status, alone.copies], [201, 1], "\(alone)")
            let forbidden = try await client.send("must not be there", to: url, query: "?copies=2")
            XCTAssertEqual(forbidden.status, 503, "\(forbidden)")
            XCTAssertEqual(forbidden.problem["type"], "/problems/too-few-copies")
            XCTAssertEqual(forbidden.problem["outcome"], "not-accepted")
            XCTAssertLessThan(forbidden.took, .seconds(2), "it is not held as if there were no primary")

            try await giveBack(cluster, backup)
        }
        try await cluster.waitUntil(degraded: false)
        try await load.waitForAcknowledgements()
        try await load.stop()
        report(what, gaps, load)
        let unchanged = try await cluster.primary()
        XCTAssertEqual(unchanged, primary, "the primary stays the primary")
        try await cluster.waitUntilServing()
        let histories = try await cluster.urls.asyncMap { try await History.read(from: $0) }
        for history in histories {
            XCTAssertEqual(Set(load.ledger.entries.acknowledged).subtracting(history.messages), [])
            XCTAssertFalse(history.messages.contains { $0.content == "must not be there" })
            XCTAssertEqual(history.messages, histories[0].messages)
        }
    }

    func testAnOperatorCanForbidToGoOnAlone() async throws {
        let cluster = try await startCluster(nodes: 2, witness: true, flags: ["--min-copies", "2"])
        let client = AttentiveClient()
        let (primary, backup) = (try await cluster.primary(), try await cluster.backup())
        let url = cluster.url(of: primary)
        try await cluster.kill(backup)
        try await cluster.waitUntil(degraded: true)
        let refused = try await client.send("alone", to: url)
        XCTAssertEqual(refused.status, 503, "\(refused)")
        XCTAssertEqual(refused.problem["type"], "/problems/too-few-copies")
        try await cluster.restart(backup)
        try await cluster.waitUntil(degraded: false)
        let taken = try await client.send("with two", to: url)
        XCTAssertEqual([taken.status, taken.copies], [201, 2], "\(taken)")
        let history = try await History.read(from: url)
        XCTAssertEqual(history.messages.map(\.content), ["with two"])
    }

    func testWithTheWitnessGoneNothingChangesForTheMessages() async throws {
        try await withoutWitness(
            "kill -9 of the witness of 2+w → next 201",
            take: { cluster, witness in try await cluster.kill(witness) },
            giveBack: { cluster, witness in try await cluster.restart(witness) }
        )
    }

    func testWithTheWitnessHangingNothingChangesForTheMessages() async throws {
        try await withoutWitness(
            "SIGSTOP of the witness of 2+w → next 201",
            take: { cluster, witness in try cluster.pause(witness) },
            giveBack: { cluster, witness in try cluster.resume(witness) }
        )
    }

    private func withoutWitness(
        _ what: String,
        take: (ThrowawayCluster, String) async throws -> Void,
        giveBack: (ThrowawayCluster, String) async throws -> Void
    ) async throws {
        let cluster = try await startCluster(nodes: 2, witness: true)
        let client = AttentiveClient()
        let witness = try XCTUnwrap(cluster.witness)
        let urls = cluster.voters.map { cluster.url(of: $0) }
        let load = Load(on: urls)
        var gaps: [Duration] = []
        for round in 1...rounds {
            try await cluster.waitUntil(degraded: false)
            try await load.waitForAcknowledgements()
            let taken = ContinuousClock.now
            try await take(cluster, witness)
            try await load.waitForAcknowledgements(200)
            gaps.append(load.ledger.longestGap(since: taken))
            let answer = try await client.send("without the witness \(round)", to: urls[0], query: "?copies=2")
            XCTAssertEqual([answer.status, answer.copies], [201, 2], "\(answer)")
            try await giveBack(cluster, witness)
            try await cluster.waitUntilServing()
        }
        try await load.stop()
        report(what, gaps, load)
        XCTAssertEqual(Set(load.ledger.entries.answers.keys), ["201"], load.summary)
        let history = try await History.read(from: urls[1])
        XCTAssertEqual(Set(load.ledger.entries.acknowledged).subtracting(history.messages), [])
    }
}
