import XCTest

@testable import Messaging

final class TimestampTests: XCTestCase {
    func testWritesKnownMoments() {
        let known: [(UInt64, String)] = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ]
        for (milliseconds, text) in known {
            XCTAssertEqual(Timestamp(millisecondsSinceEpoch: milliseconds).description, text)
            XCTAssertEqual(Timestamp(text)?.millisecondsSinceEpoch, milliseconds)
        }
    }

    func testEveryDayOfFourCenturiesIsReadBack() {
        var previous: CivilDate?
        for day in 0..<146_097 {
            let date = CivilDate(daysSinceEpoch: day)
            XCTAssertEqual(date.daysSinceEpoch, day)
            if let previous { XCTAssertNotEqual(date, previous) }
            previous = date
        }
    }

    func testRefusesWhatItDoesNotWrite() {
        for text in [
            "", "2026-11-23", "2026-11-23T18:36:54Z", "2026-11-23T18:36:54.120+00:00", "2026-02-30T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z", "2026-11-23T24:00:00.000Z", "2026-11-23 18:36:54.120Z",
            "2026-11-23T18:36:54.1x0Z", "1969-12-31T23:59:59.999Z",
        ] {
            XCTAssertNil(Timestamp(text), text)
        }
    }
}
