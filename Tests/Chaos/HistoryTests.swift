import Foundation
import HTTPClient
import HTTPTypes
import Raft
import Storage
import TandemClient
import TandemTesting
import XCTest

/// S12 on real processes: one node's log becomes another that is just as whole, every checksum right. Only the chain of
/// checksums tells, and whom it belongs to only the others.
final class HistoryTests: ChaosTestCase {
    func testABackupWithAnotherHistoryStopsAndIsTakenBackEmpty() async throws {
        let cluster = try await startCluster(nodes: 3)
        let load = Load(on: cluster.urls)
        try await load.waitForAcknowledgements(200)
        try await rewrite("c", of: cluster)
        try await waitUntilStopped("c", in: cluster)
        try await assertServesNothing("c", in: cluster)
        let primary = try await cluster.primary()
        let seen = try await cluster.client(for: primary).status()
        XCTAssertTrue(seen.problems.contains { $0.name == "history-differs" && $0.detail.contains(" c ") }, "\(seen)")
        try await load.waitForAcknowledgements(50)

        // Every start finds it again.
        try await cluster.kill("c")
        try await cluster.relaunch("c")
        try await waitUntilStopped("c", in: cluster)
        XCTAssertTrue(cluster.log(of: "c").contains("this node's history and another's differ"))

        try await cluster.kill("c")
        try await cluster.replace("c", rejoining: true)
        try await load.stop()
        try await assertKeepsPromises(cluster, load.ledger)
    }

    func testThePrimaryWithAnotherHistoryStopsAndAnotherLeads() async throws {
        let cluster = try await startCluster(nodes: 3)
        let load = Load(on: cluster.urls)
        try await load.waitForAcknowledgements(100)
        let primary = try await cluster.primary()
        try await cluster.killAll()
        try rewriteLog(of: primary, in: cluster)
        for node in cluster.nodes { try await cluster.relaunch(node) }
        // Whoever is elected first.
        try await waitUntilStopped(primary, in: cluster)
        try await assertServesNothing(primary, in: cluster)
        let others = cluster.nodes.filter { $0 != primary }
        try await cluster.waitUntilServing(others)
        _ = try await cluster.primary(of: others)
        try await load.waitForAcknowledgements(50)
        try await cluster.kill(primary)
        try await cluster.replace(primary, rejoining: true)
        try await load.stop()
        try await assertKeepsPromises(cluster, load.ledger)
    }

    func testTheWitnessDecidesBetweenTwo() async throws {
        for backupIsOdd in [true, false] {
            let cluster = try await ThrowawayCluster.start(nodes: 2, witness: true)
            let client = cluster.client()
            for number in 0..<50 { _ = try await client.send(from: "alice", to: "bob", content: "message \(number)") }
            // It is sent what the two have, but nobody waits for it.
            let primary = try await cluster.primary()
            try await waitUntil(primary, in: cluster) { status in
                status.members.first { $0.kind == "witness" }?.matchIndex == status.lastIndex
            }
            let backup = try await cluster.backup()
            let odd = backupIsOdd ? backup : primary
            try await cluster.killAll()
            try rewriteLog(of: odd, in: cluster)
            for node in cluster.nodes { try await cluster.relaunch(node) }
            try await waitUntilStopped(odd, in: cluster)
            let other = try XCTUnwrap(cluster.voters.first { $0 != odd })
            let next = try await cluster.primary(of: [other])
            XCTAssertEqual(next, other)
            _ = try await cluster.client(for: other).send(from: "alice", to: "bob", content: "after it stopped")
            let page = try await cluster.client(for: other).messages()
            XCTAssertEqual(page.messages.map(\.content), (0..<50).map { "message \($0)" } + ["after it stopped"])
            await cluster.stop()
        }
    }

    func testInAPairBothStop() async throws {
        let cluster = try await startCluster(nodes: 2)
        let client = cluster.client()
        for number in 0..<20 { _ = try await client.send(from: "alice", to: "bob", content: "message \(number)") }
        try await cluster.killAll()
        try rewriteLog(of: "b", in: cluster)
        for node in cluster.nodes { try await cluster.relaunch(node) }
        for node in cluster.nodes {
            try await waitUntilStopped(node, in: cluster)
            try await assertServesNothing(node, in: cluster)
        }

        // As the problem says: who is to be kept starts again and goes on alone, and takes the other back empty.
        try await cluster.killAll()
        try await cluster.relaunch("a")
        try await waitUntil("a", in: cluster) { $0.problems.contains { $0.name == "no-primary" } }
        try await promote("a", in: cluster)
        try await cluster.replace("b", rejoining: true)
        let page = try await cluster.client(for: "b").messages()
        XCTAssertEqual(page.messages.map(\.content), (0..<20).map { "message \($0)" })
    }

    // MARK: Help

    /// Kills a node, gives it another history, and starts it again.
    private func rewrite(_ node: String, of cluster: ThrowawayCluster) async throws {
        try await cluster.kill(node)
        try rewriteLog(of: node, in: cluster)
        try await cluster.relaunch(node)
    }

    /// Writes the last half of a node's log anew, with a bit changed in the first message of it.
    private func rewriteLog(of node: String, in cluster: ThrowawayCluster) throws {
        let disk = try RealDisk(path: cluster.dataDirectory(of: node).path)
        let directory = try DataDirectory.open(on: disk, node: NodeID(node), incarnation: 0)
        let summary = directory.log.summary
        let middle = LogIndex((summary.base.index.rawValue + summary.last.index.rawValue) / 2)
        let entries = try directory.log.entries(from: middle, through: summary.last.index, bytesMax: .max)
        let (before, chain) = try directory.log.identity(at: middle.previous)
        var changed: [Entry] = []
        var isChanged = false
        for entry in entries {
            var payload = entry.payload
            if !isChanged, entry.kind == .command {
                payload[payload.count - 1] ^= 1
                isChanged = true
            }
            changed.append(
                Entry(
                    id: entry.id,
                    kind: entry.kind,
                    continues: entry.continues,
                    payload: payload,
                    after: changed.last?.chain ?? chain
                )
            )
        }
        XCTAssertTrue(isChanged, "no message after \(before)")
        try directory.persist([Persist(token: PersistToken(1), truncateAfter: before.index, entries: changed)])
        try directory.close()
    }

    private func waitUntilStopped(_ node: String, in cluster: ThrowawayCluster) async throws {
        try await waitUntil(node, in: cluster) { status in
            status.leader == nil && status.problems.contains { $0.name == "history-differs" }
        }
    }

    private func waitUntil(
        _ node: String,
        in cluster: ThrowawayCluster,
        _ condition: (ClusterStatus) -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        var last: ClusterStatus
        repeat {
            last = try await cluster.waitForAnswer(from: node)
            if condition(last) { return }
            try await Task.sleep(for: .milliseconds(5))
        } while ContinuousClock.now < deadline
        throw LoadError(description: "\(node) is not as expected: \(last)")
    }

    private func assertServesNothing(_ node: String, in cluster: ThrowawayCluster) async throws {
        for path in ["/messages", "/messages?consistency=stale", "/messages/3", "/messages/3?consistency=stale"] {
            let response = try await get(path, from: node, of: cluster)
            XCTAssertEqual(response.status, .serviceUnavailable, path)
            let problem = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
            XCTAssertEqual(problem?["type"] as? String, "/problems/history-differs", path)
        }
        let ready = try await get("/readyz", from: node, of: cluster)
        XCTAssertEqual(ready.status, .serviceUnavailable)
        let page = try await get("/problems/history-differs", from: node, of: cluster)
        XCTAssertEqual(page.status, .ok)
        XCTAssertTrue(String(decoding: page.body, as: UTF8.self).contains("What to do"))
    }

    private func get(_ path: String, from node: String, of cluster: ThrowawayCluster) async throws -> HTTPClientResponse
    {
        let http = HTTPClient(name: "history")
        defer { http.close() }
        return try await http.send(
            HTTPClientRequest(method: .get, url: cluster.url(of: node) + path, timeout: .seconds(10))
        )
    }

    private func promote(_ node: String, in cluster: ThrowawayCluster) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let result = try Shell.result(of: [try TandemBinary.locate(), "promote", "--url", cluster.url(of: node)])
            if result.status == 0 { return try await cluster.waitUntilServing([node]) }
            guard ContinuousClock.now < deadline else { throw LoadError(description: result.errors) }
        }
    }
}
