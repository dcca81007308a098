import XCTest

@testable import HTTPServer

final class RequestIntakeTests: XCTestCase {
    func testGathersPieces() {
        var intake = RequestIntake(announcedBytes: 4, bodyBytesMax: 4)
        XCTAssertTrue(intake.received([1, 2]))
        XCTAssertTrue(intake.received([3, 4]))
        XCTAssertEqual(intake.ended(), .handle(body: [1, 2, 3, 4]))
    }

    func testOneByteTooManyIsRefusedAtTheEnd() {
        var intake = RequestIntake(announcedBytes: nil, bodyBytesMax: 4)
        XCTAssertTrue(intake.received([1, 2, 3, 4]))
        XCTAssertTrue(intake.received([5]))
        XCTAssertEqual(intake.body, [])
        XCTAssertEqual(intake.ended(), .refuse(.bodyTooLarge(limit: 4)))
    }

    func testDiscardingHasAnEnd() {
        var intake = RequestIntake(announcedBytes: nil, bodyBytesMax: 4)
        let piece = [UInt8](repeating: 0, count: RequestIntake.discardedBytesMax + 4)
        XCTAssertTrue(intake.received(piece))
        XCTAssertFalse(intake.received([0]))
    }

    func testTheFirstReasonToDiscardStays() {
        var intake = RequestIntake(announcedBytes: nil, bodyBytesMax: 4)
        intake.discard(because: .overloaded)
        XCTAssertTrue(intake.received([1, 2, 3, 4, 5]))
        XCTAssertEqual(intake.ended(), .refuse(.overloaded))
    }

    func testReservesNoMoreThanItMayTrust() {
        let intake = RequestIntake(announcedBytes: 1 << 40, bodyBytesMax: 1 << 30)
        XCTAssertLessThan(intake.body.capacity, 2 * RequestIntake.reservedBytesMax)
    }
}
