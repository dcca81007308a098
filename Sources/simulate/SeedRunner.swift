import Dispatch
import Simulation
import Synchronization

/// Runs seeds on several threads: each world in one of them.
struct SeedRunner {
    let nodes: Topology?
    let threads: Int

    struct Failure: Sendable {
        var seed: UInt64
        var violations: [Violation]
    }

    struct Result: Sendable {
        var statistics = Statistics()
        /// The first seed that failed.
        var failure: Failure?
    }

    private struct Progress: Sendable {
        var next: UInt64
        var result = Result()
    }

    func run(from first: UInt64, count: UInt64, until deadline: ContinuousClock.Instant?) -> Result {
        let end = first.addingReportingOverflow(count).overflow ? UInt64.max : first + count
        let progress = Mutex(Progress(next: first))
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            while let seed = Self.take(progress, end: end, deadline: deadline) {
                SeedsUnderWay.note(seed, thread: thread)
                let world = World(Swarm.scenario(seed: seed, topology: nodes))
                let violations = world.run()
                var statistics = world.statistics
                statistics.runs = 1
                progress.withLock { progress in
                    progress.result.statistics.add(statistics)
                    guard !violations.isEmpty, seed < progress.result.failure?.seed ?? .max else { return }
                    progress.result.failure = Failure(seed: seed, violations: violations)
                }
            }
        }
        return progress.withLock { $0.result }
    }

    private static func take(
        _ progress: borrowing Mutex<Progress>,
        end: UInt64,
        deadline: ContinuousClock.Instant?
    ) -> UInt64? {
        if let deadline, ContinuousClock().now >= deadline { return nil }
        return progress.withLock { progress in
            guard progress.next < end, progress.result.failure == nil else { return nil }
            progress.next += 1
            return progress.next - 1
        }
    }
}
