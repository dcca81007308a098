import ArgumentParser
import Dispatch
import Simulation
import Synchronization

/// `simulate graphs`: every way in which some nodes may not reach others.
struct Graphs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cut the network in every possible way.",
        discussion: """
            For every directed graph of who reaches whom, up to the names of the nodes: where some majority all reach \
            each other, commits must go on within three times the longest that a node waits for a leader.
            """
    )

    @Option(help: "How many nodes: 3 or 5.")
    var nodes = 3

    @Option(help: "Seeds the delays, and which node leads when the links are cut.")
    var seed: UInt64 = 1

    private struct Outcome: Sendable {
        var failures: [String] = []
        var longest = Duration.zero
    }

    func validate() throws {
        guard nodes == 3 || nodes == 5 else { throw ValidationError("--nodes takes 3 or 5.") }
    }

    /// The first node leads when the links are cut: so each seed tries other positions for it.
    private func turned(_ graph: ConnectivityGraph, _ number: Int) -> ConnectivityGraph {
        let turn = Int((seed &+ UInt64(number)) % UInt64(nodes))
        return graph.relabelled((0..<nodes).map { ($0 + turn) % nodes })
    }

    func run() throws {
        // Of three nodes all, whoever leads; of five one of each class, or it would be a million.
        let graphs =
            nodes == 3
            ? ConnectivityGraph.all(nodes: 3)
            : ConnectivityGraph.upToRelabelling(nodes: nodes).enumerated().map { number, graph in turned(graph, number)
            }
        let outcome = Mutex(Outcome())
        DispatchQueue.concurrentPerform(iterations: graphs.count) { number in
            let trial = GraphTrial(graphs[number], seed: seed &+ UInt64(number))
            let (violations, pause) = trial.run()
            let isServing = graphs[number].hasConnectedMajority
            outcome.withLock { outcome in
                let name = "graph \(graphs[number].edges)"
                outcome.failures += violations.map { "\(name): \($0)" }
                guard isServing else { return }
                outcome.longest = max(outcome.longest, pause)
                if pause > trial.patience { outcome.failures.append("\(name): no commit for \(pause)") }
            }
        }
        let (failures, longest) = outcome.withLock { ($0.failures, $0.longest) }
        let serving = graphs.count { $0.hasConnectedMajority }
        print("\(graphs.count) graphs of \(nodes) nodes, \(serving) with a connected majority")
        print("longest time without a commit in those: \(longest); \(failures.count) violations")
        for failure in failures.sorted() { print("VIOLATION: \(failure)") }
        if !failures.isEmpty { throw ExitCode.failure }
    }
}
