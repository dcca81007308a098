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

    /// E8: the membership changes again and again, among partitions, crashes and slow disks.
    func testE8ChangesUnderFaultsLoseNothing() {
        let first = number("RAFT_SOAK_FIRST", or: 1)
        var changes = 0
        for seed in first..<(first + number("RAFT_SOAK_SEEDS", or: 40)) {
            var soak = Soak(seed: seed, changePermille: 30)
            soak.run(steps: Soak.steps)
            soak.heal()
            let violations = soak.network.checker.violations
            guard violations.isEmpty else { return XCTFail("seed \(seed), \(soak.plan): \(violations)") }
            changes += soak.network.checker.committed.count { $0.kind == .membership } - 1
        }
        print("soak: \(changes) changes of membership")
        XCTAssertGreaterThan(changes, 40 * 2)
    }

    func testTheSameSeedGivesTheSameOutputs() {
        var trace: UInt64 = 0
        for seed in 1...10 as ClosedRange<UInt64> {
            let records = (0..<2).map { _ in
                var soak = Soak(seed: seed)
                soak.network.keepsRecord = true
                soak.run(steps: Soak.steps / 2)
                return soak.network.machines.map(\.record)
            }
            XCTAssertEqual(records[0], records[1], "seed \(seed)")
            for ready in records[0].joined() { trace = Self.mix(ready, into: trace) }
        }
        // The same in debug and release: compare the lines.
        print("soak: trace \(String(trace, radix: 16))")
    }

    private static func mix(_ ready: Ready, into trace: UInt64) -> UInt64 {
        let numbers = [
            ready.deadline.nanoseconds, UInt64(ready.announcements.count), UInt64(ready.promises.count),
            UInt64(ready.settled.count), ready.committed?.upperBound.rawValue ?? 0, ready.persist?.token.rawValue ?? 0,
            UInt64(ready.persist?.entries.last?.chain.rawValue ?? 0),
        ]
        return numbers.reduce(trace) { ($0 ^ $1) &* 0x0000_0100_0000_01B3 }
    }
}
