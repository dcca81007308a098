import Simulation
import XCTest

/// A handful of seeds for each kind of cluster; `deploy/test simulation` runs thousands.
final class SeedTests: XCTestCase {
    private func run(_ topology: String, seeds: ClosedRange<UInt64>) throws -> Statistics {
        let topology = try XCTUnwrap(Topology(topology))
        var statistics = Statistics()
        for seed in seeds {
            let world = World(Swarm.scenario(seed: seed, topology: topology))
            XCTAssertEqual(world.run(), [], "seed \(seed) of \(topology)")
            statistics.add(world.statistics)
        }
        return statistics
    }

    func testOneNode() throws {
        XCTAssertGreaterThan(try run("1", seeds: 1...6).acknowledged, 50)
    }

    func testAPair() throws {
        XCTAssertGreaterThan(try run("2", seeds: 1...6).acknowledged, 50)
    }

    func testAPairWithAWitness() throws {
        XCTAssertGreaterThan(try run("2+w", seeds: 1...8).acknowledged, 50)
    }

    func testThreeNodes() throws {
        let statistics = try run("3", seeds: 1...8)
        XCTAssertGreaterThan(statistics.acknowledged, 50)
        XCTAssertGreaterThan(statistics.reads, 20)
        XCTAssertGreaterThan(statistics.elections, 8)
    }

    func testThreeNodesAndALearner() throws {
        XCTAssertGreaterThan(try run("3+l", seeds: 1...4).acknowledged, 50)
    }

    func testFiveNodes() throws {
        XCTAssertGreaterThan(try run("5", seeds: 1...4).acknowledged, 50)
    }
}
