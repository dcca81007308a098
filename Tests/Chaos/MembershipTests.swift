import ProcessTestSupport
import TandemClient
import TandemTesting
import XCTest

/// Nodes come and go under load.
final class MembershipTests: ChaosTestCase {
    func testGrowsFromOneToFiveAndShrinksToThree() async throws {
        let cluster = try await startCluster(nodes: 1)
        let client = cluster.client()
        let load = Load(on: cluster.urls)
        try await load.waitForAcknowledgements()
        let burst = rounds * 25
        for node in ["b", "c", "d", "e"] {
            try await cluster.join(node)
            load.add(cluster.url(of: node))
            try await wait(for: "voter", node, client)
            try await load.waitForAcknowledgements(burst)
        }
        var members = try await client.members()
        XCTAssertEqual(members.map(\.id), ["a", "b", "c", "d", "e"])
        for node in ["d", "b"] {
            try await client.removeMember(node)
            try await load.waitForAcknowledgements(burst)
            try await cluster.terminate(node)
        }
        members = try await client.members()
        XCTAssertEqual(members.map(\.id), ["a", "c", "e"])
        try await load.waitForAcknowledgements()
        try await load.stop()
        print("grown to 5 and shrunk to 3: \(load.summary)")
        let histories = try await ["a", "c", "e"].asyncMap { try await History.read(from: cluster.url(of: $0)) }
        histories[0].assertKeeps(load.ledger)
        for history in histories { XCTAssertEqual(history.messages, histories[0].messages) }
        assertDeliversAll(load)
    }

    func testALearnerStaysOneUntilItIsPromotedAndFindsItsPlaceAgain() async throws {
        let cluster = try await startCluster(nodes: 1)
        let client = cluster.client(for: "a")
        let sent = try await client.send(from: "alice", to: "bob", content: "before it joined")
        try await cluster.join("b", learner: true)
        try await wait(for: "learner", "b", client)
        let learner = cluster.client(for: "b")
        // Its own reads may be old: a member is a learner before it has everything.
        try await wait(for: sent.id, learner)
        let found = try await learner.message(id: sent.id, consistency: .stale)
        XCTAssertEqual(found?.content, "before it joined")
        try await cluster.kill("b")
        try await cluster.restart("b")
        let members = try await client.members()
        XCTAssertEqual(members.map(\.kind), ["voter", "learner"])
        try await client.setKind(of: "b", to: "voter")
        try await wait(for: "voter", "b", client)
        try await client.transferPrimary(to: "b")
        let primary = try await cluster.primary()
        XCTAssertEqual(primary, "b")
        // The flag it joined with says how it began, and not what it is to be from now on.
        try await assertStays("voter", "b", of: cluster)
    }

    func testAVoterThatIsDemotedStaysALearnerAfterARestart() async throws {
        let cluster = try await startCluster(nodes: 1)
        let client = cluster.client(for: "a")
        try await cluster.join("b")
        try await wait(for: "voter", "b", client)
        try await client.setKind(of: "b", to: "learner")
        try await assertStays("learner", "b", of: cluster)
    }

    /// A node that asks to become something else does so every half second.
    private func assertStays(_ kind: String, _ node: String, of cluster: ThrowawayCluster) async throws {
        try await cluster.kill(node)
        try await cluster.restart(node)
        let client = cluster.client()
        let end = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < end {
            let members = try await client.members()
            XCTAssertEqual(members.first { $0.id == node }?.kind, kind)
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// A disk that was lost for good: its node is removed, and another takes its place, under a new name or the old.
    func testALostNodeIsReplacedUnderLoad() async throws {
        let cluster = try await startCluster(nodes: 3)
        let client = cluster.client()
        let load = Load(on: cluster.urls)
        try await load.waitForAcknowledgements()

        try await cluster.kill("c")
        try await client.removeMember("c")
        try await cluster.join("d")
        try await wait(for: "voter", "d", client)
        try await load.waitForAcknowledgements()

        let primary = try await cluster.primary()
        try await cluster.kill(primary)
        try await load.waitForAcknowledgements()
        let former = try await client.removeMember(primary)
        try await cluster.replace(primary)
        try await wait(for: "voter", primary, client)
        try await load.waitForAcknowledgements()
        try await load.stop()
        print("two of three replaced: \(load.summary)")
        // What the killed primary had begun is lost with it, for all that anyone can know; nothing else is.
        XCTAssertEqual(load.ledger.entries.refused, [], load.summary)

        let members = try await client.members()
        XCTAssertEqual(members.map(\.id), ["a", "b", "d"])
        XCTAssertNotEqual(members.first { $0.id == primary }?.incarnation, former.incarnation)
        let histories = try await members.asyncMap { try await History.read(from: $0.url) }
        histories[0].assertKeeps(load.ledger)
        for history in histories { XCTAssertEqual(history.messages, histories[0].messages) }
    }

    func testAWitnessIsReplacedUnderLoad() async throws {
        let cluster = try await startCluster(nodes: 2, witness: true)
        let client = cluster.client()
        let load = Load(on: ["a", "b"].map(cluster.url(of:)))
        try await load.waitForAcknowledgements()
        try await cluster.kill("w")
        let former = try await client.removeMember("w")
        try await load.waitForAcknowledgements()
        try await cluster.replace("w")
        try await wait(for: "witness", "w", client)
        let members = try await client.members()
        XCTAssertEqual(members.map(\.kind), ["voter", "voter", "witness"])
        XCTAssertNotEqual(members.last?.incarnation, former.incarnation)
        assertDeliversAll(load)

        // It votes, and finds its place again after a restart.
        try await cluster.kill("w")
        try await cluster.restart("w")
        let primary = try await cluster.primary()
        try await cluster.kill(primary)
        try await load.waitForAcknowledgements()
        try await load.stop()
        try await cluster.restart(primary)
        try await assertKeepsPromises(cluster, load.ledger)
    }

    func testB18ANodeWhoseDiskWasWipedIsReplacedUnderItsName() async throws {
        let cluster = try await startCluster(nodes: 3)
        let load = Load(on: cluster.urls)
        for _ in 1...rounds {
            try await load.waitForAcknowledgements()
            let wiped = try await cluster.primary()
            let start = ContinuousClock.now
            try await cluster.kill(wiped)
            // A node that catches up still shows who belonged to the cluster before: ask one that has all.
            let client = cluster.client(for: try await cluster.primary(of: cluster.nodes.filter { $0 != wiped }))
            let before = try await client.members()
            try await cluster.replace(wiped, rejoining: true)
            try await waitUntil(wiped, isAnotherVoterThanIn: before, client)
            print("a wiped node is a voter again after \((ContinuousClock.now - start).inMilliseconds) ms")
        }
        try await load.waitForAcknowledgements()
        try await load.stop()
        try await assertKeepsPromises(cluster, load.ledger)
    }

    private func waitUntil(
        _ node: String,
        isAnotherVoterThanIn before: [ClusterMember],
        _ client: TandemClient
    ) async throws {
        let former = before.first { $0.id == node }?.incarnation
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let members = try await client.members()
            if members.contains(where: { $0.id == node && $0.kind == "voter" && $0.incarnation != former }) {
                return XCTAssertEqual(members.map(\.id), before.map(\.id))
            }
            guard ContinuousClock.now < deadline else { throw LoadError(description: "\(node) is no voter") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func wait(for kind: String, _ node: String, _ client: TandemClient) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try await client.members().first(where: { $0.id == node })?.kind != kind {
            guard ContinuousClock.now < deadline else { throw LoadError(description: "\(node) is no \(kind)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func wait(for id: UInt64, _ client: TandemClient) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try await client.status().appliedIndex < id {
            guard ContinuousClock.now < deadline else { throw LoadError(description: "\(id) is not applied") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
