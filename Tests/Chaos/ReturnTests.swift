import ProcessTestSupport
import TandemClient
import TandemTesting
import XCTest

/// Nodes that come back after the others went on without them.
final class ReturnTests: ChaosTestCase {
    func testAWitnessIsAddedAgainAfterAPromotion() async throws {
        let cluster = try await startCluster(nodes: 2, witness: true)
        try await cluster.waitUntil(degraded: false)
        try await cluster.kill("w")
        try await cluster.kill("a")
        try await cluster.waitUntil("b") { $0.leader == nil }
        try promote("b", of: cluster, "--accept-loss")
        let load = Load(on: ["a", "b"].map(cluster.url(of:)))
        try await load.waitForAcknowledgements()
        try await cluster.restart("a")
        try await cluster.waitUntil("b") { $0.members.map(\.kind) == ["voter", "voter"] }

        // The former witness is no member any more. Its place is taken by one that knows nothing.
        try await cluster.relaunch("w")
        _ = try await cluster.waitForAnswer(from: "w")
        try await load.waitForAcknowledgements()
        try await cluster.kill("w")
        try await cluster.replace("w")
        try await cluster.waitUntil("b") { $0.members.map(\.kind) == ["voter", "voter", "witness"] }
        try await cluster.waitUntil(degraded: false)
        try await load.waitForAcknowledgements()

        let primary = try await cluster.primary()
        try await cluster.kill(primary)
        try await load.waitForAcknowledgements()
        try await load.stop()
        try await cluster.restart(primary)
        try await assertKeepsPromises(cluster, load.ledger)
    }

    func testANodeThatMissedTwoPromotionsSaysSoAndIsAddedAnew() async throws {
        let cluster = try await startCluster(nodes: 2)
        _ = try await cluster.client().send(from: "alice", to: "all", content: "before")
        try await cluster.waitUntilServing()
        try await cluster.kill("b")
        try await cluster.waitUntil("a") { $0.leader == nil }
        try promote("a", of: cluster)
        try await cluster.join("c")
        try await cluster.waitUntil("a") { $0.members.map(\.kind) == ["voter", "learner", "voter"] }
        try await cluster.waitUntilServing(["c"])
        try await cluster.kill("a")
        try await cluster.waitUntil("c") { $0.leader == nil }
        try promote("c", of: cluster)
        _ = try await cluster.client(for: "c").send(from: "alice", to: "all", content: "at c alone")

        try await cluster.relaunch("b")
        try await cluster.waitUntil("b") { status in
            status.problems.contains { $0.name == "promoted-apart" && $0.detail.contains("more than once") }
        }
        let refused = try tandem("promote", "--accept-loss", "--url", cluster.url(of: "b"))
        XCTAssertEqual(refused.status, 1, refused.output)
        let answer = try await AttentiveClient().send("must not be there", to: cluster.url(of: "b"))
        XCTAssertEqual(answer.status, 503, "\(answer)")
        XCTAssertEqual(answer.problem["outcome"], "not-accepted")
        _ = try await cluster.client(for: "c").send(from: "alice", to: "all", content: "c goes on")

        // Who missed one comes back by itself, who missed two as another.
        try await cluster.restart("a")
        try await cluster.waitUntil("c") { $0.members.map(\.kind) == ["voter", "learner", "voter"] }
        try await cluster.kill("b")
        try await cluster.replace("b", rejoining: true)
        try await cluster.waitUntil("c") { $0.members.map(\.kind) == ["voter", "voter", "voter"] }
        try await cluster.waitUntilServing()
        for url in cluster.urls {
            let history = try await History.read(from: url)
            XCTAssertEqual(history.messages.map(\.content), ["before", "at c alone", "c goes on"])
        }
        let status = try await cluster.client().status()
        XCTAssertEqual(status.cluster.epoch, 2)
    }

    func testANodeThatWasRemovedWhileItWasAwaySaysSo() async throws {
        let cluster = try await startCluster(nodes: 3)
        let client = cluster.client(for: "a")
        let load = Load(on: ["a", "b"].map(cluster.url(of:)))
        try await load.waitForAcknowledgements()
        try await cluster.kill("c")
        try await client.removeMember("c")
        try await cluster.relaunch("c")
        try await cluster.waitUntil("c") { $0.problems.map(\.name) == ["not-a-member"] }
        let refused = try tandem("promote", "--accept-loss", "--url", cluster.url(of: "c"))
        XCTAssertEqual(refused.status, 1, refused.output)
        XCTAssertTrue(refused.errors.contains("removed"), refused.errors)
        try await load.waitForAcknowledgements()
        try await load.stop()
        assertDeliversAll(load)
        let histories = try await ["a", "b"].asyncMap { try await History.read(from: cluster.url(of: $0)) }
        histories[0].assertKeeps(load.ledger)
        XCTAssertEqual(histories[0].messages, histories[1].messages)
    }

    /// Nobody is there who could tell it: it goes on as it was told to, until it meets one who can.
    func testARemovedNodeThatWasPromotedStopsWhenItMeetsTheOthers() async throws {
        let cluster = try await startCluster(nodes: 3)
        _ = try await cluster.client(for: "a").send(from: "alice", to: "all", content: "before")
        try await cluster.waitUntilServing()
        try await cluster.kill("c")
        try await cluster.client(for: "a").removeMember("c")
        try await cluster.kill("a")
        try await cluster.kill("b")
        try await cluster.relaunch("c")
        try await cluster.waitUntil("c") { $0.leader == nil && $0.problems.contains { $0.name == "no-primary" } }
        try promote("c", of: cluster, "--accept-loss")
        _ = try await cluster.client(for: "c").send(from: "alice", to: "all", content: "only at c")

        // They go on first: what is not known to be committed, the removal among it, could still be undone.
        try cluster.pause("c")
        try await cluster.relaunch("a")
        try await cluster.restart("b")
        _ = try await cluster.client(for: "b").send(from: "alice", to: "all", content: "a and b go on")
        for node in ["a", "b"] { _ = try await History.read(from: cluster.url(of: node)) }
        try cluster.resume("c")
        try await cluster.waitUntil("c") { $0.problems.map(\.name) == ["not-a-member"] && $0.leader == nil }
        let answer = try await AttentiveClient().send("must not be there", to: cluster.url(of: "c"))
        XCTAssertEqual(answer.status, 503, "\(answer)")
        XCTAssertEqual(answer.problem["outcome"], "not-accepted")
        _ = try await cluster.client(for: "b").send(from: "alice", to: "all", content: "and on")
        let history = try await History.read(from: cluster.url(of: "b"))
        XCTAssertEqual(history.messages.map(\.content), ["before", "a and b go on", "and on"])
    }

    private func promote(
        _ node: String,
        of cluster: ThrowawayCluster,
        _ flags: String...,
        file: StaticString = #filePath,
        line: UInt = #line
    ) throws {
        let result = try tandem(["promote", "--url", cluster.url(of: node)] + flags)
        XCTAssertEqual(result.status, 0, result.errors, file: file, line: line)
    }
}
