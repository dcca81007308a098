import Raft
import XCTest

@testable import Simulation

final class WorldPartTests: XCTestCase {
    func testTheAgendaGivesWhatIsDueFirstAndOfEqualTimesWhatWasNotedFirst() {
        var agenda = Agenda()
        var random = SplitMix64(seed: 1)
        var expected: [(UInt64, Int)] = []
        for number in 0..<500 {
            let time = random.next(below: 50)
            expected.append((time, number))
            agenda.add(.clientActs(number), at: Instant(nanoseconds: time))
        }
        expected.sort { $0 < $1 }
        for (time, number) in expected {
            guard let next = agenda.next(), case .clientActs(let found) = next.happening else { return XCTFail() }
            XCTAssertEqual(next.time.nanoseconds, time)
            XCTAssertEqual(found, number)
        }
        XCTAssertTrue(agenda.isEmpty)
    }

    func testAClockThatRunsFastOrSlowKnowsWhenItsTimeComes() {
        for rate in [-200_000, -1, 0, 1, 1000, 200_000] {
            let clock = MachineClock(start: 12_345)
            clock.setRate(partsPerMillion: rate, at: Instant(nanoseconds: 1_000_000))
            let due = clock.read(at: Instant(nanoseconds: 5_000_000)) + .milliseconds(150)
            let time = clock.worldTime(of: due, notBefore: Instant(nanoseconds: 5_000_000))
            XCTAssertGreaterThanOrEqual(clock.read(at: time), due, "rate \(rate)")
            XCTAssertLessThan(clock.read(at: Instant(nanoseconds: time.nanoseconds - 2)), due, "rate \(rate)")
        }
    }

    func testAClockNeverGoesBackWhenItsRateChanges() {
        let clock = MachineClock(start: 0)
        var last = Instant.zero
        for step in 1...100 {
            let time = Instant(nanoseconds: UInt64(step) * 1_000_003)
            clock.setRate(partsPerMillion: step % 2 == 0 ? 200_000 : -200_000, at: time)
            XCTAssertGreaterThanOrEqual(clock.read(at: time), last)
            last = clock.read(at: time)
        }
    }
}
