import ProcessTestSupport
import TandemClient
import TandemTesting
import XCTest

/// The primary itself is removed, alive and under load.
final class RemovalTests: ChaosTestCase {
    func testTheLivePrimaryIsRemovedUnderLoadAndSaysSo() async throws {
        let cluster = try await startCluster(nodes: 3)
        let client = cluster.client()
        let load = Load(on: cluster.urls)
        try await load.waitForAcknowledgements()
        let removed = try await cluster.primary()
        let start = ContinuousClock.now
        try await client.removeMember(removed)
        let others = cluster.nodes.filter { $0 != removed }
        _ = try await cluster.primary(of: others)
        try await load.waitForAcknowledgements(200)
        let gap = load.ledger.longestGap(since: start)
        try await cluster.waitUntil(removed) { $0.problems.map(\.name) == ["not-a-member"] }
        try await load.stop()
        report("the live primary of 3 removed, longest time without a 201", [gap], load)
        assertDeliversAll(load)
        for node in others {
            let members = try await cluster.client(for: node).members()
            XCTAssertEqual(members.map(\.id), others)
        }
        let histories = try await others.asyncMap { try await History.read(from: cluster.url(of: $0)) }
        histories[0].assertKeeps(load.ledger)
        XCTAssertEqual(histories[0].messages, histories[1].messages)

        // It takes no messages, and a restart changes nothing.
        try await cluster.kill(removed)
        try await cluster.relaunch(removed)
        try await cluster.waitUntil(removed) { $0.problems.map(\.name) == ["not-a-member"] }
        let answer = try await AttentiveClient().send("must not be there", to: cluster.url(of: removed))
        XCTAssertEqual(answer.status, 503, "\(answer)")
        XCTAssertEqual(answer.problem["type"], "/problems/not-a-member")
        XCTAssertEqual(answer.problem["outcome"], "not-accepted")
    }

    func testThePrimaryIsRemovedUntilOneIsLeft() async throws {
        let cluster = try await startCluster(nodes: 3)
        let client = cluster.client()
        let load = Load(on: cluster.urls)
        var left = cluster.nodes
        while left.count > 1 {
            try await load.waitForAcknowledgements()
            let removed = try await cluster.primary(of: left)
            try await client.removeMember(removed)
            left.removeAll { $0 == removed }
            try await cluster.waitUntil(removed) { $0.problems.map(\.name) == ["not-a-member"] }
        }
        try await load.waitForAcknowledgements()
        let last = cluster.client(for: left[0])
        do {
            try await last.removeMember(left[0])
            XCTFail("the last voter was removed")
        } catch {
            XCTAssertEqual(error.problem?.name, "membership-refused", "\(error)")
        }
        try await load.stop()
        print("the primary removed twice: \(load.summary)")
        assertDeliversAll(load)
        let history = try await History.read(from: cluster.url(of: left[0]))
        history.assertKeeps(load.ledger)
    }

    /// A witness stands by two voters: one of them goes only when another has come.
    func testThePrimaryOfAPairWithAWitnessIsReplaced() async throws {
        let cluster = try await startCluster(nodes: 2, witness: true)
        let client = cluster.client()
        let load = Load(on: ["a", "b"].map(cluster.url(of:)))
        try await load.waitForAcknowledgements()
        let removed = try await cluster.primary()
        do {
            try await client.removeMember(removed)
            XCTFail("one voter and a witness are left")
        } catch {
            XCTAssertEqual(error.problem?.name, "membership-refused", "\(error)")
        }
        try await cluster.join("c", learner: true)
        load.add(cluster.url(of: "c"))
        try await client.removeMember(removed)
        try await client.setKind(of: "c", to: "voter")
        try await cluster.waitUntil(removed) { $0.problems.map(\.name) == ["not-a-member"] }
        try await load.waitForAcknowledgements()
        try await load.stop()
        print("the primary of 2+w replaced: \(load.summary)")
        assertDeliversAll(load)
        let left = ["a", "b", "c"].filter { $0 != removed }
        let histories = try await left.asyncMap { try await History.read(from: cluster.url(of: $0)) }
        histories[0].assertKeeps(load.ledger)
        XCTAssertEqual(histories[0].messages, histories[1].messages)
    }
}
