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
        for node in ["b", "c", "d", "e"] {
            try await cluster.join(node)
            try await wait(for: "voter", node, client)
            try await load.waitForAcknowledgements()
        }
        var members = try await client.members()
        XCTAssertEqual(members.map(\.id), ["a", "b", "c", "d", "e"])
        for node in ["d", "b"] {
            try await client.removeMember(node)
            try await load.waitForAcknowledgements()
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
        XCTAssertEqual(load.ledger.entries.unknown, [])
    }

    func testALearnerStaysOneUntilItIsPromotedAndFindsItsPlaceAgain() async throws {
        let cluster = try await startCluster(nodes: 1)
        let client = cluster.client(for: "a")
        let sent = try await client.send(from: "alice", to: "bob", content: "before it joined")
        try await cluster.join("b", learner: true)
        try await wait(for: "learner", "b", client)
        let found = try await cluster.client(for: "b").message(id: sent.id, consistency: .stale)
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
    }

    private func wait(for kind: String, _ node: String, _ client: TandemClient) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try await client.members().first(where: { $0.id == node })?.kind != kind {
            guard ContinuousClock.now < deadline else { throw LoadError(description: "\(node) is no \(kind)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
