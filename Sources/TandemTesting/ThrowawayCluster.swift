public import Foundation
import Glibc
import Synchronization
public import TandemClient

/// A cluster of real `tandem` processes on free ports of this machine, for one test.
///
/// Its nodes are called `a`, `b`, …, the witness of a pair `w`. They keep their data in a temporary directory. `stop()`
/// ends them and removes it; they also end when the test program does, even when that crashes.
///
/// ```swift
/// final class OrderTests: XCTestCase {
///     private var cluster: ThrowawayCluster?
///
///     override func tearDown() async throws {
///         await cluster?.stop(printingLogs: testRun?.totalFailureCount != 0)
///     }
///
///     func testAnOrderSurvivesTheLossOfThePrimary() async throws {
///         let cluster = try await ThrowawayCluster.start(nodes: 3)
///         self.cluster = cluster
///         let client = cluster.client()
///         let sent = try await client.send(from: "shop", to: "stock", content: "2 chairs")
///
///         try await cluster.kill(cluster.primary())
///
///         let received = try await client.message(id: sent.id)
///         XCTAssertEqual(received?.content, "2 chairs")
///     }
/// }
/// ```
public final class ThrowawayCluster: Sendable {
    /// The names of the nodes, in the order in which they are listed to each other: the first is the first primary, a
    /// witness is the last.
    /// Nodes that joined later follow.
    public var nodes: [String] { founders + joined.withLock { $0.map(\.name) } }
    /// The name of the witness, which votes and holds no messages; nil where there is none.
    public let witness: String?
    /// The names of the nodes that hold messages.
    public var voters: [String] { nodes.filter { $0 != witness } }
    /// Where each node keeps its data and log, in a folder of its name.
    public let directory: URL

    let probe = StatusProbe()
    private let binary: String
    /// Those that list each other.
    private let founders: [String]
    private let ports: PortReservation

    /// A node that came later.
    private struct Joined {
        var name: String
        var ports: PortReservation
    }

    private let joined = Mutex<[Joined]>([])
    /// How nodes find a cluster that they do not form: those that came later, and those that were replaced.
    private let joinFlags = Mutex<[String: [String]]>([:])
    private let flags: [String]
    private let places: [String: NodePlace]
    private let processes = Mutex<[String: NodeProcess]>([:])
    private let clients = Mutex<[TandemClient]>([])

    /// Starts a cluster and waits until all its nodes serve.
    ///
    /// - Parameters:
    ///   - nodes: how many voters: 1, 2, 3 or 5.
    ///   - witness: whether a witness stands by them; only for two voters. Then either takes over when the other is
    ///     lost.
    ///   - flags: further flags of `tandem serve` for every node.
    ///   - directory: where to make the cluster's own directory; by default where temporary files go.
    ///   - time: how long to wait.
    /// - Throws: `ThrowawayClusterError`, with the nodes' logs where one of them is at fault.
    public static func start(
        nodes: Int = 3,
        witness: Bool = false,
        flags: [String] = [],
        in directory: URL = FileManager.default.temporaryDirectory,
        within time: Duration = .seconds(30)
    ) async throws -> ThrowawayCluster {
        try await start(nodes: nodes, witness: witness, flags: flags, places: [:], in: directory, within: time)
    }

    /// The same, with nodes elsewhere than on this machine's loopback address.
    ///
    /// - Parameter places: where, by node; a node that is not named stays on the loopback address.
    package static func start(
        nodes: Int,
        witness: Bool,
        flags: [String] = [],
        places: [String: NodePlace],
        in directory: URL = FileManager.default.temporaryDirectory,
        within time: Duration = .seconds(30)
    ) async throws -> ThrowawayCluster {
        let cluster = try ThrowawayCluster(
            voters: nodes,
            witness: witness,
            flags: flags,
            places: places,
            parent: directory
        )
        do {
            for node in cluster.nodes { try await cluster.launch(node) }
            try await cluster.waitUntilServing(within: time)
        } catch {
            await cluster.stop()
            throw error
        }
        return cluster
    }

    private init(
        voters count: Int,
        witness hasWitness: Bool,
        flags: [String],
        places: [String: NodePlace],
        parent: URL
    ) throws {
        precondition([1, 2, 3, 5].contains(count), "a cluster of \(count) voters; it takes 1, 2, 3 or 5")
        precondition(!hasWitness || count == 2, "a witness beside \(count) voters; it takes 2")
        witness = hasWitness ? "w" : nil
        founders = ["a", "b", "c", "d", "e"].dropLast(5 - count) + (hasWitness ? ["w"] : [])
        self.flags = flags
        self.places = places
        binary = try TandemBinary.locate()
        ports = try PortReservation(count: founders.count)
        directory = parent.appendingPathComponent("tandem-testing-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit {
        // A test that forgot `stop()`. What is left to do needs no waiting.
        for process in processes.withLock({ $0.values }) { process.send(SIGKILL) }
        try? FileManager.default.removeItem(at: directory)
    }

    /// Ends all nodes at once, as `kill -9` does, and removes their directory.
    ///
    /// - Parameter printingLogs: print the end of every node's log first; for tests that failed.
    public func stop(printingLogs: Bool = false) async {
        if printingLogs { print(logs(lines: 400)) }
        for client in clients.withLock({ $0 }) { client.close() }
        probe.close()
        let running = processes.withLock { $0.values.filter { $0.ended == nil } }
        for process in running { process.send(SIGKILL) }
        // Their files can be removed while the last one is still ending; waiting keeps its port from a next cluster.
        _ = try? await Deadline.poll(within: .seconds(10)) { running.allSatisfy { $0.ended != nil } ? true : nil }
        try? FileManager.default.removeItem(at: directory)
    }

    /// Starts one more node, which joins the cluster by itself, and waits until it serves. A voter to be is a learner
    /// until it has caught up, which may be a little later.
    ///
    /// - Parameters:
    ///   - node: a name that no other node has had.
    ///   - learner: whether it stays one.
    public func join(_ node: String, learner: Bool = false, within time: Duration = .seconds(30)) async throws {
        guard !nodes.contains(node) else { throw ThrowawayClusterError(.misuse, "There is a node \(node) already.") }
        let late = Joined(name: node, ports: try PortReservation(count: 1))
        joined.withLock { $0.append(late) }
        try await launch(node, joiningWith: learner ? ["--learner"] : [])
        try await waitUntilServing([node], within: time)
    }

    /// Starts a node that has ended, and that is a member no more, with an empty data directory: another node under
    /// its name and address, which joins the cluster by itself, as what the former one was.
    ///
    /// - Parameter rejoining: the former one is a member still, and is removed first.
    public func replace(_ node: String, rejoining: Bool = false, within time: Duration = .seconds(30)) async throws {
        guard running(node) == nil else { throw ThrowawayClusterError(.misuse, "Node \(node) still runs.") }
        try FileManager.default.removeItem(at: dataDirectory(of: node))
        let asWitness = node == witness ? ["--witness", "\(node)=\(url(of: node))"] : []
        try await launch(node, joiningWith: asWitness + (rejoining ? ["--rejoin"] : []))
        try await waitUntilServing([node], within: time)
    }

    private func launch(_ node: String, joiningWith flags: [String]) async throws {
        guard let host = nodes.first(where: { running($0) != nil }) else {
            throw ThrowawayClusterError(.misuse, "No node runs that \(node) could join.")
        }
        joinFlags.withLock { $0[node] = ["--join", url(of: host)] + flags }
        try await launch(node)
    }

    // MARK: Where things are

    /// Where clients reach a node, for example `http://127.0.0.1:20123`.
    public func url(of node: String) -> String {
        if let late = joined.withLock({ $0.first { $0.name == node } }) {
            return "http://127.0.0.1:\(late.ports.ports[0])"
        }
        guard let position = founders.firstIndex(of: node) else {
            preconditionFailure("no node \(node) in \(nodes)")
        }
        return "http://\(places[node]?.host ?? "127.0.0.1"):\(ports.ports[position])"
    }

    /// Where clients reach the nodes, in the order of `nodes`.
    public var urls: [String] { nodes.map(url(of:)) }

    /// A client that uses one node, or all of them where none is named. `stop()` closes it.
    public func client(for node: String? = nil) -> TandemClient {
        let client = TandemClient(urls: node.map { [url(of: $0)] } ?? urls)
        clients.withLock { $0.append(client) }
        return client
    }

    /// A node's process id; nil while it does not run.
    public func processID(of node: String) -> Int32? {
        running(node)?.processID
    }

    /// Where a node keeps its data.
    public func dataDirectory(of node: String) -> URL { directory.appendingPathComponent(node) }

    /// Everything a node wrote to its standard output and error since the cluster was made.
    public func log(of node: String) -> String {
        // No file: the node was never started.
        (try? String(contentsOf: logFile(of: node), encoding: .utf8)) ?? ""
    }

    /// The end of every node's log, under its name.
    public func logs(lines: Int = 40) -> String {
        nodes.map { node in
            let last = log(of: node).split(separator: "\n").suffix(lines).joined(separator: "\n")
            return "--- node \(node), \(url(of: node)), \(state(of: node)) ---\n\(last)"
        }.joined(separator: "\n")
    }

    private func state(of node: String) -> String {
        switch processes.withLock({ $0[node] })?.ended {
        case .exited(let status): "exited with status \(status)"
        case .killed(let signal): "killed by signal \(signal)"
        case nil: "running"
        }
    }

    private func logFile(of node: String) -> URL { directory.appendingPathComponent("\(node).log") }

    // MARK: Processes

    func running(_ node: String) -> NodeProcess? {
        precondition(nodes.contains(node), "no node \(node) in \(nodes)")
        return processes.withLock { $0[node] }.flatMap { $0.ended == nil ? $0 : nil }
    }

    func lastProcess(of node: String) -> NodeProcess? {
        processes.withLock { $0[node] }
    }

    /// Starts a node's process without waiting for it to serve.
    func launch(_ node: String) async throws {
        guard running(node) == nil else { throw ThrowawayClusterError(.misuse, "Node \(node) already runs.") }
        let address = url(of: node).dropFirst("http://".count)
        var arguments = (places[node]?.launcher ?? []) + [binary]
        arguments += ["serve", "--id", node, "--listen", String(address)]
        arguments += ["--data", dataDirectory(of: node).path]
        let joining = joinFlags.withLock { $0[node] }
        arguments += joining ?? []
        for other in founders where joining == nil {
            arguments += [other == witness ? "--witness" : "--voter", "\(other)=\(url(of: other))"]
        }
        let process = try await NodeProcess.start(arguments + flags, log: logFile(of: node).path)
        processes.withLock { $0[node] = process }
    }
}
