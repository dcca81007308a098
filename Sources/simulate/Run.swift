import ArgumentParser
import Simulation

extension Topology: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

/// `simulate run`: many seeds, or one.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run seeds, one after the other.")

    @Option(help: "How many seeds to run.")
    var seeds: UInt64 = 100

    @Option(help: "The first of them.")
    var from: UInt64 = 1

    @Option(help: "Run this one seed.")
    var seed: UInt64?

    @Option(help: "The cluster: 1, 2, 3, 5, 2+w; +l adds a learner. Otherwise each seed draws one.")
    var nodes: Topology?

    @Option(help: "Go on with further seeds until so many minutes are over.")
    var minutes: Double?

    @Option(help: "How many worlds run at the same time, at most \(SeedsUnderWay.threadsMax).")
    var threads = 2

    @Flag(help: "Print everything that happens. With --seed.")
    var trace = false

    @Flag(help: "Only print a hash of all that happens for each seed, to compare builds by.")
    var hashes = false

    @Flag(inversion: .prefixedNo, help: "Make the script of a failing seed as short as it gets.")
    var shrink = true

    func validate() throws {
        guard (1...SeedsUnderWay.threadsMax).contains(threads) else {
            throw ValidationError("--threads takes 1 to \(SeedsUnderWay.threadsMax).")
        }
    }

    func run() throws {
        if let seed { return try runOne(seed) }
        if hashes { return printHashes() }
        SeedsUnderWay.printOnTrap()
        let runner = SeedRunner(nodes: nodes, threads: threads)
        let time = ContinuousClock().now
        let deadline = minutes.map { time + .seconds($0 * 60) }
        let result = runner.run(from: from, count: minutes == nil ? seeds : .max, until: deadline)
        print(Report(result, took: ContinuousClock().now - time))
        if let failure = result.failure { throw report(failure) }
    }

    private func printHashes() {
        for seed in from..<from + seeds {
            let world = World(Swarm.scenario(seed: seed, topology: nodes))
            _ = world.run()
            print("\(seed) \(String(world.hash.value, radix: 16))")
        }
    }

    private func runOne(_ seed: UInt64) throws {
        let world = World(Swarm.scenario(seed: seed, topology: nodes))
        if trace { world.tracer = { print($0) } }
        let violations = world.run()
        print("seed \(seed): trace hash \(String(world.hash.value, radix: 16))")
        if !violations.isEmpty { throw report(SeedRunner.Failure(seed: seed, violations: violations)) }
    }

    private func report(_ failure: SeedRunner.Failure) -> ExitCode {
        print("VIOLATION with seed \(failure.seed)")
        for violation in failure.violations { print("  \(violation)") }
        print("Again: simulate --seed \(failure.seed)\(nodes.map { " --nodes \($0)" } ?? "") --trace")
        if shrink, let rule = failure.violations.first?.rule {
            let scenario = Swarm.scenario(seed: failure.seed, topology: nodes)
            print("A shorter script that breaks \(rule.rawValue), for simulate replay:")
            print(Shrinker.shrink(scenario, breaking: rule))
        }
        return ExitCode.failure
    }
}
