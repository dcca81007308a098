import Foundation
import Glibc
import TandemClient
import TandemTesting
import XCTest

/// The testing library, used as its documentation says.
final class ThrowawayClusterTests: XCTestCase {
    private var cluster: ThrowawayCluster?

    override func tearDown() async throws {
        await cluster?.stop(printingLogs: testRun?.totalFailureCount != 0)
    }

    func testAnOrderSurvivesTheLossOfThePrimary() async throws {
        let cluster = try await ThrowawayCluster.start(nodes: 3)
        self.cluster = cluster
        let client = cluster.client()
        let sent = try await client.send(from: "shop", to: "stock", content: "2 chairs")

        try await cluster.kill(cluster.primary())

        let received = try await client.message(id: sent.id)
        XCTAssertEqual(received?.content, "2 chairs")
    }

    func testAWitnessLetsTheBackupTakeOver() async throws {
        let cluster = try await ThrowawayCluster.start(nodes: 2, witness: true)
        self.cluster = cluster
        XCTAssertEqual(cluster.nodes, ["a", "b", "w"])
        XCTAssertEqual(cluster.voters, ["a", "b"])
        let witness = try XCTUnwrap(cluster.witness)
        let status = try await cluster.client(for: witness).status()
        XCTAssertEqual([status.role, status.node.kind, status.state], ["witness", "witness", "follower"])
        let sent = try await cluster.client(for: witness).send(from: "shop", to: "stock", content: "2 chairs")

        try await cluster.kill(cluster.primary())

        for node in [witness, try await cluster.primary()] {
            let received = try await cluster.client(for: node).message(id: sent.id)
            XCTAssertEqual(received?.content, "2 chairs", "from \(node)")
        }
        try await cluster.restartAll()
        try cluster.pause(witness)
        _ = try await cluster.client(for: "a").send(from: "x", to: "y", content: "z")
        try cluster.resume(witness)
        try await cluster.waitUntilServing()
    }

    func testStoppingLeavesNothingBehind() async throws {
        let cluster = try await ThrowawayCluster.start(nodes: 2)
        self.cluster = cluster
        let processes = cluster.nodes.compactMap { cluster.processID(of: $0) }
        XCTAssertEqual(processes.count, 2)
        await cluster.stop()
        XCTAssertFalse(FileManager.default.fileExists(atPath: cluster.directory.path))
        for process in processes { XCTAssertNotEqual(kill(process, 0), 0, "process \(process) still runs") }
    }

    func testANodeGoesOnWithItsDataAfterARestart() async throws {
        let cluster = try await ThrowawayCluster.start(nodes: 1)
        self.cluster = cluster
        let sent = try await cluster.client(for: "a").send(from: "x", to: "y", content: "kept")
        let status = try await cluster.terminate("a")
        XCTAssertEqual(status, 0)
        XCTAssertNil(cluster.processID(of: "a"))
        try await cluster.restart("a")
        let received = try await cluster.client(for: "a").message(id: sent.id)
        XCTAssertEqual(received, sent)
    }

    func testANodeThatCannotStartShowsItsLog() async throws {
        do {
            cluster = try await ThrowawayCluster.start(nodes: 1, flags: ["--max-message", "nonsense"])
            XCTFail("a node started with a flag it can't understand")
        } catch let error as ThrowawayClusterError {
            XCTAssertEqual(error.code, .couldNotStart)
            XCTAssertTrue(error.message.contains("--max-message"), error.message)
        }
    }

    func testThePrimaryCanBePausedAndResumed() async throws {
        let cluster = try await ThrowawayCluster.start(nodes: 3)
        self.cluster = cluster
        let former = try await cluster.primary()
        try cluster.pause(former)
        let successor = try await cluster.primary()
        XCTAssertNotEqual(successor, former)
        _ = try await cluster.client(for: successor).send(from: "x", to: "y", content: "z")
        try cluster.resume(former)
        try await cluster.waitUntilServing([former])
    }
}
