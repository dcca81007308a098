import Foundation
import ProcessTestSupport
import TandemClient
import TandemTesting
import XCTest

/// Clusters that lost too many nodes, and the one that an operator lets go on.
final class PromotionTests: ChaosTestCase {
    // MARK: A pair

    func testTheSurvivorOfAPairGoesOnAndTheFormerPrimaryComesBackAsItsBackup() async throws {
        let cluster = try await startCluster(nodes: 2)
        let load = Load(on: cluster.urls)
        try await load.waitForAcknowledgements()
        // What the primary writes from here on reaches no backup: its log gets a tail that nobody acknowledged.
        try cluster.pause("b")
        try await Task.sleep(for: .milliseconds(300))
        try await cluster.kill("a")
        try cluster.resume("b")
        try await cluster.waitUntil("b") { $0.leader == nil }

        let promoted = try tandem("promote", "--url", cluster.url(of: "b"))
        XCTAssertEqual(promoted.status, 0, promoted.errors)
        XCTAssertTrue(promoted.output.contains("epoch 1"), promoted.output)
        XCTAssertFalse(promoted.output.contains("missing"), promoted.output)
        try await load.waitForAcknowledgements()
        let alone = try await cluster.client(for: "b").status()
        XCTAssertEqual(alone.cluster.epoch, 1)
        XCTAssertEqual(alone.members.map(\.kind), ["learner", "voter"])

        try await cluster.restart("a")
        try await cluster.waitUntil("b") { $0.members.map(\.kind) == ["voter", "voter"] }
        try await load.waitForAcknowledgements()
        try await load.stop()
        try await cluster.waitUntilServing()
        try await assertKeepsPromises(cluster, load.ledger)
        let answer = try await AttentiveClient().send("together", to: cluster.url(of: "b"), query: "?copies=2")
        XCTAssertEqual([answer.status, answer.copies], [201, 2], "\(answer)")
        // As any pair, it goes on with a planned change of its primary, and after a restart of both.
        let successor = try await cluster.client().transferPrimary(to: "a")
        XCTAssertEqual(successor.id, "a")
        try await cluster.killAll()
        try await cluster.restartAll()
        let status = try await cluster.client().status()
        XCTAssertEqual(status.cluster.epoch, 1)
    }

    /// Both live on, and clients go on asking both.
    func testEitherOfASeparatedPairIsPromotedAgainAndAgain() async throws {
        let (cluster, network) = try await startClusterInNetwork(nodes: 2)
        let load = Load(on: cluster.urls, patience: .milliseconds(200))
        for round in 1...rounds {
            try await load.waitForAcknowledgements()
            let former = try await cluster.primary()
            let survivor = former == "a" ? "b" : "a"
            try network.separate("a", from: "b")
            try await cluster.waitUntil(survivor) { $0.leader == nil }
            let promoted = try tandem("promote", "--url", cluster.url(of: survivor))
            XCTAssertEqual(promoted.status, 0, promoted.errors)
            try await load.waitForAcknowledgements()
            try network.rejoin("a", with: "b")
            try await cluster.waitUntil(survivor) { $0.members.map(\.kind) == ["voter", "voter"] }
            let status = try await cluster.client(for: survivor).status()
            XCTAssertEqual(status.cluster.epoch, UInt64(round))
        }
        try await load.waitForAcknowledgements()
        try await load.stop()
        try await cluster.waitUntilServing()
        try await assertKeepsPromises(cluster, load.ledger)
    }

    func testNobodyIsPromotedInAHealthyCluster() async throws {
        let cluster = try await startCluster(nodes: 2)
        for node in cluster.nodes {
            let refused = try tandem("promote", "--accept-loss", "--url", cluster.url(of: node))
            XCTAssertEqual(refused.status, 1, refused.output)
            XCTAssertTrue(refused.errors.contains("The primary is a"), refused.errors)
        }
        let status = try await cluster.client().status()
        XCTAssertEqual(status.cluster.epoch, 0)
    }

    func testTwoThatWereBothPromotedStopUntilAnOperatorChooses() async throws {
        let cluster = try await startCluster(nodes: 2)
        let before = try await cluster.client().send(from: "alice", to: "bob", content: "before")
        try await cluster.waitUntilServing()
        for (lost, promoted) in [("a", "b"), ("b", "a")] {
            try await cluster.kill(lost)
            if cluster.processID(of: promoted) == nil { try await cluster.relaunch(promoted) }
            try await cluster.waitUntil(promoted) { $0.leader == nil }
            let result = try tandem("promote", "--url", cluster.url(of: promoted))
            XCTAssertEqual(result.status, 0, result.errors)
            _ = try await cluster.client(for: promoted).send(from: "alice", to: "bob", content: "only at \(promoted)")
        }

        try await cluster.relaunch("b")
        for node in cluster.nodes { try await cluster.waitUntil(node) { Self.hasStopped($0) } }
        for node in cluster.nodes {
            let answer = try await AttentiveClient().send("must not be there", to: cluster.url(of: node))
            XCTAssertEqual(answer.status, 503, "\(answer)")
            XCTAssertEqual(answer.problem["outcome"], "not-accepted")
        }
        // A restart does not let it go on while the other is there.
        try await cluster.kill("a")
        try await cluster.relaunch("a")
        try await cluster.waitUntil("a") { Self.hasStopped($0) }

        // The operator keeps a, and gives b up for a new node.
        try await cluster.kill("b")
        try FileManager.default.removeItem(at: cluster.dataDirectory(of: "b"))
        try await cluster.kill("a")
        try await cluster.restart("a")
        let kept = try await cluster.client(for: "a").messages(recipient: "bob").messages
        XCTAssertEqual(kept.map(\.content), ["before", "only at a"])
        XCTAssertEqual(kept.first?.id, before.id)
        _ = try await cluster.client(for: "a").removeMember("b")
        try await cluster.join("c")
        try await cluster.waitUntil("a") { $0.members.map(\.kind) == ["voter", "voter"] }
        let copied = try await History.read(from: cluster.url(of: "c"))
        XCTAssertEqual(copied.messages.filter { $0.recipient == "bob" }.map(\.content), ["before", "only at a"])
    }

    // MARK: Where messages may be missing

    func testOfAPairWithAWitnessTheBackupIsPromotedOnlyIfTheLossIsAccepted() async throws {
        let cluster = try await startCluster(nodes: 2, witness: true)
        try await cluster.waitUntil(degraded: false)
        let both = try await cluster.client().send(from: "alice", to: "bob", content: "on both")
        try await cluster.waitUntilServing()
        try await cluster.kill("b")
        try await cluster.waitUntil(degraded: true)
        _ = try await cluster.client(for: "a").send(from: "alice", to: "bob", content: "on a alone")
        try await cluster.kill("a")
        try await cluster.relaunch("b")

        let refused = try tandem("promote", "--url", cluster.url(of: "b"))
        XCTAssertEqual(refused.status, 1, refused.output)
        XCTAssertTrue(refused.errors.contains("may be missing"), refused.errors)
        let status = try await cluster.client(for: "b").status()
        XCTAssertNil(status.leader)
        let accepted = try tandem("promote", "--accept-loss", "--url", cluster.url(of: "b"))
        XCTAssertEqual(accepted.status, 0, accepted.errors)
        XCTAssertTrue(accepted.output.contains("missing"), accepted.output)

        let client = cluster.client(for: "b")
        _ = try await client.send(from: "alice", to: "bob", content: "after")
        let messages = try await client.messages(recipient: "bob").messages
        XCTAssertEqual(messages.map(\.content), ["on both", "after"])
        XCTAssertEqual(messages.first?.id, both.id)

        // The former primary does not drop what it may have acknowledged. An operator who wants it after all has it.
        try await cluster.relaunch("a")
        try await cluster.waitUntil("a") { Self.hasStopped($0) }
        _ = try await client.send(from: "alice", to: "bob", content: "b goes on")
        try await cluster.kill("b")
        try await cluster.kill("a")
        try await cluster.restart("a")
        let former = try await cluster.client(for: "a").messages(recipient: "bob").messages
        XCTAssertEqual(former.map(\.content), ["on both", "on a alone"])
    }

    func testOfThreeTheLastOneGoesOnAndTheOthersComeBack() async throws {
        let cluster = try await startCluster(nodes: 3)
        let load = Load(on: cluster.urls)
        try await load.waitForAcknowledgements()
        try await load.stop()
        try await cluster.waitUntilServing()
        let last = try await cluster.client(for: cluster.primary()).status()
        try await cluster.waitUntil("c") { $0.commitIndex == last.commitIndex }
        try await cluster.kill("a")
        try await cluster.kill("b")
        try await cluster.waitUntil("c") { $0.leader == nil }

        let refused = try tandem("promote", "--url", cluster.url(of: "c"))
        XCTAssertEqual(refused.status, 1, refused.output)
        XCTAssertTrue(refused.errors.contains("up to id \(last.commitIndex)"), refused.errors)
        let accepted = try tandem("promote", "--accept-loss", "--url", cluster.url(of: "c"))
        XCTAssertEqual(accepted.status, 0, accepted.errors)
        let second = Load(on: [cluster.url(of: "c")])
        try await second.waitForAcknowledgements()

        try await cluster.restart("a")
        try await cluster.waitUntil("c") { $0.members.map(\.kind) == ["voter", "learner", "voter"] }
        try await cluster.restart("b")
        try await cluster.waitUntil("c") { $0.members.map(\.kind) == ["voter", "voter", "voter"] }
        try await second.waitForAcknowledgements()
        try await second.stop()
        try await cluster.waitUntilServing()
        let acknowledged = load.ledger.entries.acknowledged + second.ledger.entries.acknowledged
        for url in cluster.urls {
            let history = try await History.read(from: url)
            XCTAssertEqual(Set(acknowledged).subtracting(history.messages), [], "c had all of them")
        }
    }

    // MARK: Help

    private static func hasStopped(_ status: ClusterStatus) -> Bool {
        status.leader == nil && status.problems.contains { $0.name == "promoted-apart" }
    }
}
