import Simulation
import XCTest

/// One seed decides everything. That debug and release agree as well is checked by `deploy/test simulation`.
final class DeterminismTests: XCTestCase {
    func testTheSameSeedGivesTheSameTrace() {
        for seed in 1...12 as ClosedRange<UInt64> {
            let first = World(Swarm.scenario(seed: seed))
            let second = World(Swarm.scenario(seed: seed))
            XCTAssertEqual(first.run(), second.run(), "seed \(seed)")
            XCTAssertEqual(first.hash, second.hash, "seed \(seed)")
            XCTAssertEqual(first.statistics, second.statistics, "seed \(seed)")
        }
    }

    func testATraceIsNotChangedByWatchingIt() {
        let watched = World(Swarm.scenario(seed: 3))
        var lines = 0
        watched.tracer = { _ in lines += 1 }
        let unwatched = World(Swarm.scenario(seed: 3))
        _ = watched.run()
        _ = unwatched.run()
        XCTAssertEqual(watched.hash, unwatched.hash)
        XCTAssertGreaterThan(lines, 100)
    }

    func testOtherSeedsGiveOtherTraces() {
        let hashes = (1...8 as ClosedRange<UInt64>).map { seed in
            let world = World(Swarm.scenario(seed: seed))
            _ = world.run()
            return world.hash
        }
        XCTAssertEqual(Set(hashes).count, hashes.count)
    }
}
