import Foundation
import Glibc
import ProcessTestSupport
import TandemClient
import TandemTesting
import XCTest

/// Being told to stop.
final class ShutdownTests: ChaosTestCase {
    func testAClientThatIsSlowToSendDoesNotKeepTheOthersFromANewPrimary() async throws {
        let cluster = try await startCluster(nodes: 3)
        let load = Load(on: cluster.urls)
        try await load.waitForAcknowledgements()
        let primary = try await cluster.primary()
        let slow = try RawConnection(to: cluster.url(of: primary))
        slow.send("POST /messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
        slow.send("Content-Length: 1000\r\n\r\n{")

        let asked = ContinuousClock.now
        async let end = cluster.terminate(primary)
        _ = try await cluster.primary(of: cluster.nodes.filter { $0 != primary })
        XCTAssertNotNil(cluster.processID(of: primary), "the others do not wait for its end")
        let status = try await end
        XCTAssertEqual(status, 0)
        try await load.waitForAcknowledgements()
        try await load.stop()
        report("SIGTERM to a primary with a slow client → next 201", [load.ledger.longestGap(since: asked)], load)
        try await cluster.restart(primary)
        try await assertKeepsPromises(cluster, load.ledger)
    }

    func testASecondSignalEndsANodeAtOnce() async throws {
        let cluster = try await startCluster(nodes: 1)
        let slow = try RawConnection(to: cluster.url(of: "a"))
        slow.send("GET /livez HTTP/1.1\r\nHost: local")
        let process = try XCTUnwrap(cluster.processID(of: "a"))
        kill(process, SIGTERM)
        try await waitUntil { cluster.log(of: "a").contains("stopping") }
        XCTAssertNotNil(cluster.processID(of: "a"), "it waits for the request that has begun")
        // It would be 0 after the first signal alone.
        let status = try await cluster.terminate("a")
        XCTAssertEqual(status, 1)
        withExtendedLifetime(slow) {}
    }

    func testADirectoryInUseIsLeftAlone() async throws {
        let cluster = try await startCluster(nodes: 1)
        let second = Process()
        second.executableURL = URL(fileURLWithPath: try TandemBinary.locate())
        second.arguments = ["serve", "--listen", "127.0.0.1:9", "--data", cluster.dataDirectory(of: "a").path]
        let errors = Pipe()
        second.standardError = errors
        try second.run()
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        second.waitUntilExit()
        XCTAssertEqual(second.terminationStatus, 1)
        XCTAssertTrue(said.contains("in use by another tandem process"), said)
        _ = try await cluster.client().send(from: "x", to: "y", content: "unharmed")
    }

    private func waitUntil(_ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !condition() {
            guard ContinuousClock.now < deadline else { throw LoadError(description: "not within 30 s") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
