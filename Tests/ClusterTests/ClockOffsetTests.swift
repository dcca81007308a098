import Raft
import XCTest

@testable import Cluster

final class ClockOffsetTests: XCTestCase {
    /// An exchange with a clock that is ahead by `offset`, `there` and `back` microseconds on the way.
    private func exchange(offset: Int64, there: Int64, back: Int64, at sent: Int64 = 1_000_000) -> ClockExchange {
        let received = sent + there + offset
        return ClockExchange(
            sent: sent,
            received: received,
            answered: received + 50,
            returned: sent + there + 50 + back
        )
    }

    private func at(_ milliseconds: UInt64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    func testAnExchangeThatTookEquallyLongBothWays() {
        for offset: Int64 in [0, 7000, -7000] {
            let exchange = exchange(offset: offset, there: 300, back: 300)
            XCTAssertEqual(exchange.offset, offset)
            XCTAssertEqual(exchange.roundTrip, 600)
            XCTAssertTrue(exchange.isPlausible)
        }
    }

    func testAnOffsetIsWrongByHalfTheRoundTripAtMost() {
        for (there, back): (Int64, Int64) in [(0, 1000), (1000, 0), (250, 750)] {
            let exchange = exchange(offset: 5000, there: there, back: back)
            XCTAssertLessThanOrEqual(abs(exchange.offset - 5000), exchange.roundTrip / 2)
        }
    }

    func testTimesThatCanNotBeAreIgnored() {
        var offset = ClockOffset()
        for exchange in [
            ClockExchange(sent: 10, received: 10, answered: 10, returned: 5),
            ClockExchange(sent: 10, received: 20, answered: 15, returned: 30),
            ClockExchange(sent: 10, received: 20, answered: 90, returned: 30),
            ClockExchange(sent: .min, received: .max, answered: .max, returned: .max),
            ClockExchange(sent: -1, received: 0, answered: 0, returned: 1),
        ] {
            offset.add(exchange, now: at(0))
        }
        XCTAssertNil(offset.estimate(now: at(0)))
    }

    func testFastExchangesCountAndSlowOnesDoNot() {
        var offset = ClockOffset()
        for number in 0..<UInt64(32) {
            // Most are held up on their way there, which looks like half as much offset.
            let isFast = number % 4 == 0
            offset.add(exchange(offset: -2000, there: isFast ? 100 : 90_000, back: 100), now: at(number * 50))
        }
        XCTAssertEqual(offset.estimate(now: at(1600)), -2000)
    }

    func testOneLiarAmongTheFastestDoesNotCount() {
        var offset = ClockOffset()
        for number in 0..<UInt64(31) {
            offset.add(exchange(offset: 400, there: 200, back: 200), now: at(number))
        }
        offset.add(exchange(offset: 800_000, there: 0, back: 0), now: at(31))
        XCTAssertEqual(offset.estimate(now: at(31)), 400)
    }

    func testTheOtherSidesExchangeCountsTheOtherWay() {
        var offset = ClockOffset()
        offset.add(exchange(offset: 400, there: 200, back: 200), mirrored: true, now: at(0))
        XCTAssertEqual(offset.estimate(now: at(0)), -400)
    }

    func testAClockThatWasSetIsFollowed() {
        var offset = ClockOffset()
        for number in 0..<UInt64(32) { offset.add(exchange(offset: 0, there: 200, back: 200), now: at(number * 50)) }
        for number in 32..<UInt64(64) {
            offset.add(exchange(offset: 3_600_000_000, there: 210, back: 210), now: at(number * 50))
        }
        XCTAssertEqual(offset.estimate(now: at(3200)), 3_600_000_000)
    }

    func testWhatIsOldIsForgotten() {
        var offset = ClockOffset()
        offset.add(exchange(offset: 9, there: 1, back: 1), now: at(0))
        XCTAssertEqual(offset.estimate(now: at(10_000)), 9)
        XCTAssertNil(offset.estimate(now: at(10_001)))
        offset.add(exchange(offset: 50, there: 900, back: 900), now: at(11_000))
        XCTAssertEqual(offset.estimate(now: at(11_000)), 50)
    }

    // MARK: All members

    func testBothSidesOfAnExchangeKnow() {
        var (primary, backup) = (ClockOffsets(), ClockOffsets())
        primary.note(exchange(offset: 700, there: 100, back: 100), with: "b", now: at(0))
        XCTAssertEqual(primary.offset(of: "b", now: at(0)), 700)
        backup.note(primary.takeNote(for: "b", others: ["b"], now: at(50)), from: "a", now: at(50))
        XCTAssertEqual(backup.offset(of: "a", now: at(50)), -700)
        XCTAssertNil(primary.takeNote(for: "b", others: ["b"], now: at(100)).exchange, "an exchange is told once")
    }

    func testThePrimaryTellsOfThirdOnes() {
        var (primary, backup) = (ClockOffsets(), ClockOffsets())
        primary.note(exchange(offset: 700, there: 100, back: 100), with: "b", now: at(0))
        primary.note(exchange(offset: -300, there: 100, back: 100), with: "c", now: at(0))
        backup.note(primary.takeNote(for: "b", others: ["a", "b", "c"], now: at(50)), from: "a", now: at(50))
        XCTAssertEqual(backup.offset(of: "c", now: at(50)), -1000)
        XCTAssertNil(backup.offset(of: "d", now: at(50)))
        XCTAssertNil(backup.offset(of: "c", now: at(10_100)))
    }

    func testOffsetsThatCanNotBeAreIgnored() {
        var offsets = ClockOffsets()
        let note = PeerClock.Note(exchange: exchange(offset: 0, there: 1, back: 1), offsets: ["c": .max, "d": .min])
        offsets.note(note, from: "a", now: at(0))
        XCTAssertNil(offsets.offset(of: "c", now: at(0)))
        XCTAssertNil(offsets.offset(of: "d", now: at(0)))
    }

    // MARK: The kernel

    func testTheKernelSaysSomethingPlausible() throws {
        let clock = try XCTUnwrap(KernelClock.read())
        XCTAssertGreaterThanOrEqual(clock.maxErrorMilliseconds, 0)
        XCTAssertLessThan(abs(clock.offsetMilliseconds), 1000)
    }
}
