import Simulation
import XCTest

/// A scenario that must fail, for two of three disks are lost, comes out of the shrinker with little else in it.
final class ShrinkerTests: XCTestCase {
    func testOnlyWhatBreaksTheRuleIsLeft() throws {
        let text = """
            seed 5
            nodes 3
            clients 4
            duration 2000000
            at 100000 set lossPermille 20
            at 300000 pause b
            at 400000 resume b
            at 500000 crash a lost 2
            at 600000 crash b process 0
            at 700000 wipe a
            at 800000 wipe b
            at 900000 jump c 5000
            at 1000000 cut a c
            at 1100000 mend a c
            """
        let scenario = try Scenario(text: text)
        XCTAssertEqual(World(scenario).run().map(\.rule), [.noProgress])
        let short = Shrinker.shrink(scenario, breaking: .noProgress)
        XCTAssertEqual(World(short).run().map(\.rule), [.noProgress])
        XCTAssertLessThanOrEqual(short.faults.count, 4)
        XCTAssertEqual(short.knobs.clients, 1)
        XCTAssertTrue(short.faults.contains { $0.fault.kind == .wipe })
    }
}
