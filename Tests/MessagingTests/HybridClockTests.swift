import XCTest

@testable import Messaging

final class HybridClockTests: XCTestCase {
    func testFollowsWallTime() {
        var clock = HybridClock()
        XCTAssertEqual(clock.tick(wallMilliseconds: 5).timestamp, Timestamp(millisecondsSinceEpoch: 5))
        XCTAssertEqual(clock.tick(wallMilliseconds: 9).timestamp, Timestamp(millisecondsSinceEpoch: 9))
    }

    func testGrowsWhileWallTimeStandsOrGoesBack() {
        var clock = HybridClock()
        var previous = clock.tick(wallMilliseconds: 1000)
        for wall in [1000, 1000, 999, 0, 500] as [UInt64] {
            let reading = clock.tick(wallMilliseconds: wall)
            XCTAssertGreaterThan(reading, previous)
            previous = reading
        }
        XCTAssertEqual(previous.timestamp, Timestamp(millisecondsSinceEpoch: 1000))
    }

    func testCounterCarriesIntoTheMilliseconds() {
        var clock = HybridClock(latest: HybridTimestamp(rawValue: 7 << 16 | 0xFFFF))
        XCTAssertEqual(clock.tick(wallMilliseconds: 7), HybridTimestamp(rawValue: 8 << 16))
    }

    func testIsNeverBehindWhatItHasSeen() {
        var clock = HybridClock()
        let seen = HybridTimestamp(millisecondsSinceEpoch: 90)
        clock.merge(seen)
        XCTAssertGreaterThan(clock.tick(wallMilliseconds: 10), seen)
        clock.merge(HybridTimestamp(millisecondsSinceEpoch: 3))
        XCTAssertGreaterThan(clock.tick(wallMilliseconds: 10), seen)
    }

    func testTextOrderIsClockOrder() {
        let readings = [0, 1, 0xFFFF, 0x1_0000, UInt64.max].map(HybridTimestamp.init(rawValue:))
        XCTAssertEqual(readings.map(\.description).sorted(), readings.map(\.description))
        for reading in readings { XCTAssertEqual(HybridTimestamp(reading.description), reading) }
        XCTAssertNil(HybridTimestamp("00000000000000AB"))
        XCTAssertNil(HybridTimestamp("+000000000000001"))
    }
}
