import Foundation
import ProcessTestSupport
import TandemTesting
import XCTest

/// Tests that do harm to real processes.
class ChaosTestCase: XCTestCase {
    /// How often each harm is done: twice, or 20 times with `TANDEM_LONG_TESTS=1`.
    var rounds: Int { ProcessInfo.processInfo.environment["TANDEM_LONG_TESTS"] == "1" ? 20 : 2 }

    /// The same for harm that makes a backup hold up the primary: after each, the primary waits twice as long before it
    /// counts on the backup again, 1 s at first.
    var holdUpRounds: Int { min(rounds, 5) }

    private var cluster: ThrowawayCluster?
    private var network: TestNetwork?

    /// The cluster of this test. It ends with the test, its logs printed where the test failed.
    func startCluster(
        nodes: Int,
        witness: Bool = false,
        flags: [String] = [],
        in directory: URL = FileManager.default.temporaryDirectory
    ) async throws -> ThrowawayCluster {
        precondition(cluster == nil, "one cluster a test")
        let started = try await ThrowawayCluster.start(nodes: nodes, witness: witness, flags: flags, in: directory)
        cluster = started
        return started
    }

    /// The same in a network where nodes can be cut off.
    ///
    /// - Throws: `XCTSkip` where there can be none.
    func startClusterInNetwork(
        nodes: Int,
        witness: Bool = false
    ) async throws -> (ThrowawayCluster, TestNetwork) {
        precondition(cluster == nil, "one cluster a test")
        let names = ["a", "b", "c", "d", "e"].prefix(nodes) + (witness ? ["w"] : [])
        let network = try await TestNetwork.make(for: Array(names))
        self.network = network
        let started = try await ThrowawayCluster.start(
            nodes: nodes,
            witness: witness,
            flags: ["--insecure"],
            places: network.places
        )
        cluster = started
        return (started, network)
    }

    override func tearDown() async throws {
        await cluster?.stop(printingLogs: testRun?.totalFailureCount != 0)
        network?.remove()
    }

    /// Runs the command.
    func tandem(_ arguments: String...) throws -> Shell.Result { try tandem(arguments) }

    func tandem(_ arguments: [String]) throws -> Shell.Result {
        try Shell.result(of: [try TandemBinary.locate()] + arguments)
    }

    /// Checks that every node holds what clients were promised, and that all hold the same.
    func assertKeepsPromises(
        _ cluster: ThrowawayCluster,
        _ ledger: Ledger,
        file: StaticString = #filePath,
        line: UInt = #line
    ) async throws {
        var histories: [History] = []
        // What a client gave up, and nobody answered, may be on its way still: then the last one to be asked has more.
        for _ in 1...10 {
            histories = try await cluster.urls.asyncMap { try await History.read(from: $0) }
            if histories.allSatisfy({ $0.messages == histories[0].messages }) { break }
        }
        histories.first?.assertKeeps(ledger, file: file, line: line)
        for (node, history) in zip(cluster.nodes, histories).dropFirst() {
            XCTAssertEqual(
                history.messages,
                histories[0].messages,
                "\(node) and \(cluster.nodes[0]) differ",
                file: file,
                line: line
            )
        }
    }

    /// Checks that every message was acknowledged in the end, to clients that send again what was not accepted.
    func assertDeliversAll(_ load: Load, file: StaticString = #filePath, line: UInt = #line) {
        let entries = load.ledger.entries
        XCTAssertEqual(entries.refused, [], "failed after every retry; \(load.summary)", file: file, line: line)
        XCTAssertEqual(entries.doubts, [], "may or may not be there; \(load.summary)", file: file, line: line)
    }

    /// Prints one line of figures.
    func report(_ what: String, _ times: [Duration], _ load: Load) {
        let sorted = times.sorted()
        let median = sorted.isEmpty ? .zero : sorted[sorted.count / 2]
        print(
            "\(what), \(times.count) rounds: median \(median.inMilliseconds) ms, worst "
                + "\((sorted.last ?? .zero).inMilliseconds) ms; answers: \(load.summary)"
        )
    }
}

extension Duration {
    var inMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}

extension ThrowawayCluster {
    /// The node that leads, as one of `nodes` says of itself.
    func primary(of nodes: [String], within time: Duration = .seconds(30)) async throws -> String {
        let deadline = ContinuousClock.now + time
        while ContinuousClock.now < deadline {
            let primary = try await primary(within: time)
            if nodes.contains(primary) { return primary }
        }
        throw LoadError(description: "none of \(nodes) leads within \(time)")
    }
}
