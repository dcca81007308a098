import Foundation
import Glibc
import ProcessTestSupport
import TandemTesting
import XCTest

/// Many connections at a time. 128 and 256 are numbers at which the HTTP library's own loop stalls.
final class ManyClientsTests: ChaosTestCase {
    func test128ClientsAllMakeProgress() async throws { try await makeProgress(clients: 128) }

    func test256ClientsAllMakeProgress() async throws { try await makeProgress(clients: 256) }

    func test1000ClientsAllMakeProgress() async throws {
        try skipUnlessLong()
        try await makeProgress(clients: 1000)
    }

    private func makeProgress(clients: Int) async throws {
        let cluster = try await startCluster(nodes: 2)
        let primary = try await cluster.primary()
        let start = ContinuousClock.now
        let load = Load(on: [cluster.url(of: primary)], clients: clients)
        try await load.waitForAcknowledgements(clients * 10, within: .seconds(60))
        try await load.stop()
        let senders = Dictionary(grouping: load.ledger.entries.acknowledged, by: \.sender).mapValues(\.count)
        XCTAssertEqual(senders.count, clients, "every client was answered: \(load.summary)")
        // A stall would show as a long silence for all.
        let gap = load.ledger.longestGap(since: start)
        print("\(clients) clients, longest time without a 201: \(gap.inMilliseconds) ms; \(load.summary)")
        try await assertKeepsPromises(cluster, load.ledger)
    }

    func testTenThousandIdleConnectionsAreHeldAndSlowNobody() async throws {
        try skipUnlessLong()
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try XCTSkipIf(limit.rlim_cur < 11_000, "only \(limit.rlim_cur) open files are allowed")
        let cluster = try await startCluster(nodes: 1)
        let alone = try await rate(cluster)
        let idle = try (1...10_000).map { _ in
            let connection = try RawConnection(to: cluster.url(of: "a"))
            connection.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return connection
        }
        for connection in idle { XCTAssertEqual(try connection.reply().body, "ok\n") }
        let among = try await rate(cluster)
        print("messages a second with 10 000 idle connections: \(among), without: \(alone)")
        for connection in idle.prefix(100) {
            connection.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            XCTAssertEqual(try connection.reply().body, "ok\n", "still there")
        }
    }

    /// Messages acknowledged in a second, by 16 clients.
    private func rate(_ cluster: ThrowawayCluster) async throws -> Int {
        let load = Load(on: [cluster.url(of: "a")], clients: 16)
        try await load.waitForAcknowledgements(100)
        let before = load.ledger.acknowledgedCount
        try await Task.sleep(for: .seconds(1))
        let count = load.ledger.acknowledgedCount - before
        try await load.stop()
        return count
    }

    private func skipUnlessLong() throws {
        try XCTSkipIf(rounds < 20, "takes long; set TANDEM_LONG_TESTS=1")
    }
}
