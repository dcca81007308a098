import Simulation
import XCTest

/// Bits that turn over on one of three disks are found, wherever the damage shows first, and made good from the others.
final class DamageRunTests: XCTestCase {
    private func run(_ faults: String, file: StaticString = #filePath, line: UInt = #line) throws -> Statistics {
        let world = World(try Scenario(text: "seed 7\nnodes 3\nduration 2000000\n" + faults))
        XCTAssertEqual(world.run(), [], file: file, line: line)
        return world.statistics
    }

    func testDamageFoundWhileReadingTheWholeLog() throws {
        let flips = (0..<20).map { "at \(1_000_000 + $0) flip b log \($0 * 7919)" }
        let statistics = try run("scrub 5000\n" + flips.joined(separator: "\n"))
        XCTAssertGreaterThan(statistics.repaired, 0)
        XCTAssertEqual(statistics.repaired, statistics.damaged)
    }

    func testDamageFoundAtAStart() throws {
        let flips = (0..<20).map { "at \(1_000_001 + $0) flip b log \($0 * 7919)" }
        let statistics = try run(
            "at 1000000 crash b lost 0\n" + flips.joined(separator: "\n") + "\nat 1200000 start b"
        )
        XCTAssertGreaterThan(statistics.repaired, 0)
        XCTAssertEqual(statistics.repaired, statistics.damaged)
    }

    func testNothingTurnsOverThatNoOtherDiskHas() throws {
        let world = World(try Scenario(text: "seed 7\nnodes 1\nduration 2000000\nat 1000000 flip a log 7919"))
        XCTAssertEqual(world.run(), [])
        XCTAssertEqual(world.statistics.damaged, 0)
    }

    func testOneBadCopyOfVoteAndBaseIsEnoughToGoOn() throws {
        let flips = (0..<40).map { "at \(100_000 + $0 * 40_000) flip a \($0 % 2 == 0 ? "vote" : "base") \($0 * 7919)" }
        let restarts = "\nat 900000 crash a lost 3\nat 950000 start a\nat 1300000 crash a process 1\nat 1400000 start a"
        _ = try run("trimAfter 10\n" + flips.joined(separator: "\n") + restarts)
    }
}
