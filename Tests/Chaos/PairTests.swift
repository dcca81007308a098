import Foundation
import HTTPClient
import HTTPTypes
import TandemTesting
import XCTest

/// A primary and a backup: without its backup, the primary promises nothing it can't keep.
final class PairTests: ChaosTestCase {
    func testWithTheBackupGoneWritesAreRefusedAtOnceAndGoOnByThemselves() async throws {
        try await withoutBackup(
            take: { cluster, backup in try await cluster.kill(backup) },
            giveBack: { cluster, backup in try await cluster.restart(backup) }
        )
    }

    func testWithTheBackupHangingWritesAreRefusedAtOnceAndGoOnByThemselves() async throws {
        try await withoutBackup(
            take: { cluster, backup in try cluster.pause(backup) },
            giveBack: { cluster, backup in try cluster.resume(backup) }
        )
    }

    private func withoutBackup(
        take: (ThrowawayCluster, String) async throws -> Void,
        giveBack: (ThrowawayCluster, String) async throws -> Void
    ) async throws {
        let cluster = try await startCluster(nodes: 2)
        let load = Load(on: cluster.urls, clients: 2)
        try await load.waitForAcknowledgements(20)
        try await load.stop()
        let primary = try await cluster.primary()
        let backup = try XCTUnwrap(cluster.nodes.first { $0 != primary })
        let http = HTTPClient(name: "pair")
        defer { http.close() }

        try await take(cluster, backup)
        // What the primary had proposed before it noticed ends as unknown; from then on, no is said at once.
        try await assertRefusesAtOnce(http, cluster.url(of: primary), within: .seconds(30))
        let stale = try await http.send(
            HTTPClientRequest(url: cluster.url(of: primary) + "/messages?recipient=all&consistency=stale")
        )
        XCTAssertEqual(stale.status, .ok, "stale reads go on")

        try await giveBack(cluster, backup)
        let second = Load(on: [cluster.url(of: primary)], clients: 2)
        try await second.waitForAcknowledgements(20)
        try await second.stop()
        try await cluster.waitUntilServing()
        let history = try await History.read(from: cluster.url(of: backup))
        let acknowledged = load.ledger.entries.acknowledged + second.ledger.entries.acknowledged
        XCTAssertEqual(Set(acknowledged).subtracting(history.messages), [], "every acknowledged message is there")
    }

    /// Three refusals in a row, each long before the time for which a request is held (`--hold`): no coincidence.
    private func assertRefusesAtOnce(_ http: HTTPClient, _ url: String, within time: Duration) async throws {
        let body = Array(#"{"sender":"pair","recipient":"nobody","content":"must not be there"}"#.utf8)
        let deadline = ContinuousClock.now + time
        var quickRefusals = 0
        var last = "nothing"
        while ContinuousClock.now < deadline {
            let start = ContinuousClock.now
            let response = try await http.send(
                HTTPClientRequest(
                    method: .post,
                    url: url + "/messages",
                    headers: [.contentType: "application/json"],
                    body: body,
                    timeout: .seconds(30)
                )
            )
            let took = ContinuousClock.now - start
            let text = String(decoding: response.body, as: UTF8.self)
            last = "\(response.status.code) after \(took.inMilliseconds) ms: \(text)"
            XCTAssertNotEqual(response.status, .created, "a message acknowledged without the backup")
            let problem = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
            XCTAssertEqual(problem?["outcome"] as? String, response.status.code == 503 ? "not-accepted" : "unknown")
            quickRefusals = response.status.code == 503 && took < .seconds(1) ? quickRefusals + 1 : 0
            if quickRefusals == 3 { return }
        }
        XCTFail("the primary does not refuse at once; last: \(last)")
    }
}
