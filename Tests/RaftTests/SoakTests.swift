import Foundation
import Raft
import XCTest

/// Random clusters under random faults, from one seed each: whatever happens, nothing that must not.
///
/// `RAFT_SOAK_SEEDS=20000 swift test -c release …` runs more of them, `RAFT_SOAK_FIRST` starts elsewhere.
final class SoakTests: XCTestCase {
    private func number(_ name: String, or standard: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? standard
    }

    func testNothingForbiddenHappensUnderAnySeed() {
        let first = number("RAFT_SOAK_FIRST", or: 1)
        var committed = 0
        var elections = 0
        var settled = 0
        for seed in first..<(first + number("RAFT_SOAK_SEEDS", or: 40)) {
            var soak = Soak(seed: seed)
            soak.run(steps: Soak.steps)
            soak.heal()
            let violations = soak.network.checker.violations
            guard violations.isEmpty else { return XCTFail("seed \(seed), \(soak.plan): \(violations)") }
            committed += soak.network.checker.committed.count
            elections += soak.network.checker.leaderCount
            settled += soak.network.checker.settledCount
        }
        print("soak: \(committed) committed, \(elections) leaders, \(settled) settled")
        // Faults that stop everything would hide everything.
        XCTAssertGreaterThan(committed, 40 * 100)
        XCTAssertGreaterThan(elections, 40 * 2)
    }

    func testTheSameSeedGivesTheSameOutputs() {
        for seed in 1...10 as ClosedRange<UInt64> {
            let records = (0..<2).map { _ in
                var soak = Soak(seed: seed)
                soak.network.keepsRecord = true
                soak.run(steps: Soak.steps / 2)
                return soak.network.machines.map(\.record)
            }
            XCTAssertEqual(records[0], records[1], "seed \(seed)")
        }
    }
}
