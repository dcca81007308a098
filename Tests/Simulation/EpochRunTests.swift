import Raft
import XCTest

@testable import Simulation

/// Promotions after which something is lost, or that leave two epochs beside each other.
final class EpochRunTests: XCTestCase {
    private func run(_ text: String, file: StaticString = #filePath, line: UInt = #line) throws -> World {
        let world = World(try Scenario(text: "seed 5\nduration 4000000\n" + text))
        XCTAssertEqual(world.run(), [], file: file, line: line)
        return world
    }

    private let wiped = """
        at 1000000 crash b lost 2
        at 1000001 wipe b
        at 1000002 crash c lost 2
        at 1000003 wipe c
        at 1100000 promote a loss
        """

    func testOneOfThreeGoesOnWhereTheOthersAreLost() throws {
        let world = try run("nodes 3\n" + wiped)
        XCTAssertEqual(world.statistics.promotionsWithLoss, 1)
        XCTAssertEqual(world.lines.count, 2)
        XCTAssertNotNil(world.prevailing.certain)
        XCTAssertGreaterThan(world.prevailing.committed.last, world.oracle.committed.last)
    }

    /// What only the others had is missing, and is judged by the line that has it.
    func testTheOthersGoOnAndStopWhenTheyHearOfIt() throws {
        let cut = "at 1000000 cut a b\nat 1000000 cut b a\nat 1000000 cut a c\nat 1000000 cut c a\n"
        let world = try run("nodes 3\n" + cut + "at 1100000 promote a loss")
        XCTAssertEqual(world.statistics.promotionsWithLoss, 1)
        let (before, after) = (world.oracle.committed, world.lines[1].committed)
        XCTAssertGreaterThan(before.last, before.commonEnd(with: after))
        for machine in world.machines.dropFirst() {
            XCTAssertNotNil(machine.replica?.node.divergence?.holding, "\(machine.id)")
        }
    }

    func testTwoThatWerePromotedApartStop() throws {
        let apart = "at 1000000 cut a b\nat 1000000 cut b a\nat 1100000 promote a apart\nat 1100000 promote b apart"
        let world = try run("nodes 2\n" + apart)
        XCTAssertEqual(world.statistics.promotions, 2)
        XCTAssertEqual(world.statistics.promotedApart, 1)
        XCTAssertEqual(world.newestLines.count, 2)
        for line in world.newestLines { XCTAssertGreaterThan(line.committed.last, line.epoch.fork.advanced(by: 5)) }
    }

    // MARK: The judge

    func testAnOperatorWhoWasPromisedTooMuchIsSeen() throws {
        let cut = "at 1000000 cut a b\nat 1000000 cut b a\nat 1000000 cut a c\nat 1000000 cut c a\n"
        let world = try run("nodes 3\n" + cut + "at 1100000 promote a loss")
        let line = world.lines[1]
        guard let survivor = world.machines[0].replica else { return XCTFail("a is down") }
        let promised = line.epoch.fork.advanced(by: 5)
        let misled = Oracle(number: 2, from: world.oracle, of: survivor, certain: promised)
        misled.checkLosses()
        XCTAssertEqual(world.oracle.violations.map(\.rule), [.wronglyPromoted])
    }

    func testSeedsDrawBoth() {
        let drawn = (1...400 as ClosedRange<UInt64>).map { Swarm.scenario(seed: $0).faults.map(\.fault) }
        func count(_ care: PromotionCare) -> Int {
            drawn.count { faults in
                faults.contains { if case .promote(_, care) = $0 { true } else { false } }
            }
        }
        XCTAssertGreaterThan(count(.acceptsLoss), 5)
        XCTAssertGreaterThan(count(.unaware), 2)
    }
}
