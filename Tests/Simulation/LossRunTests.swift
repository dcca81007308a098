import XCTest

@testable import Simulation

/// Disks that are lost as a whole, or put back from an older copy: the others go on with all that was acknowledged.
final class LossRunTests: XCTestCase {
    private func run(_ text: String, file: StaticString = #filePath, line: UInt = #line) throws -> World {
        let world = World(try Scenario(text: "seed 5\nduration 4000000\n" + text))
        XCTAssertEqual(world.run(), [], file: file, line: line)
        return world
    }

    func testAMinorityOfTheDisksIsLost() throws {
        let wipe = "at 1000000 crash b lost 2\nat 1000001 wipe b\n"
        XCTAssertGreaterThan(try run("nodes 3\n" + wipe).statistics.acknowledged, 50)
        XCTAssertGreaterThan(try run("nodes 2+w\n" + wipe).statistics.acknowledged, 50)
        let other = "at 2000000 crash a lost 2\nat 2000001 wipe a\n"
        XCTAssertGreaterThan(try run("nodes 5\n" + wipe + other).statistics.acknowledged, 50)
    }

    /// While the backup is out, the primary alone has the newest messages.
    func testTheOnlyCopyIsNotLost() throws {
        let out = "at 500000 crash b lost 0\n"
        let wipe = "at 3000000 crash a lost 0\nat 3000001 wipe a\nat 3100000 start a"
        XCTAssertFalse(try run("nodes 2+w\n" + out + wipe).machines[0].isWiped)
    }

    private let rollback = """
        at 500000 crash c process 0
        at 500001 backup c
        at 500002 start c
        at 900000 crash c process 0
        at 900001 start c
        at 1100000 transfer c
        at 1300000 crash c process 0
        at 1300001 restore c

        """

    func testB18NobodyHearsANodeOnAnOlderCopyHoweverOftenItIsStarted() throws {
        let world = try run("nodes 3\n" + rollback + "at 1400000 start c")
        XCTAssertTrue(world.machines[2].isOutdated)
        XCTAssertTrue(world.machines[2].isTold)
        XCTAssertGreaterThan(world.machines[2].boot, 8)
    }

    func testACopyThatNotEverybodyCanTellFromTheNewestIsNotPutBack() throws {
        let away = "at 400000 crash b process 0\n", back = "at 1400000 start c\nat 1500000 start b"
        let world = try run("nodes 3\n" + away + rollback + back)
        XCTAssertFalse(world.machines[2].isOutdated)
    }
}
