import XCTest

@testable import HTTPServer

final class RequestIntakeTests: XCTestCase {
    func testGathersPieces() {
        var intake = RequestIntake(announcedBytes: 4, bodyBytesMax: 4)
        XCTAssertEqual(intake.received([1, 2]), .goOn)
        XCTAssertEqual(intake.received([3, 4]), .goOn)
        XCTAssertEqual(intake.ended(), .handle(body: [1, 2, 3, 4]))
    }

    func testOneByteTooManyIsRefusedAtTheEnd() {
        var intake = RequestIntake(announcedBytes: nil, bodyBytesMax: 4)
        XCTAssertEqual(intake.received([1, 2, 3, 4]), .goOn)
        XCTAssertEqual(intake.received([5]), .goOn)
        XCTAssertEqual(intake.body, [])
        XCTAssertEqual(intake.ended(), .refuse(.bodyTooLarge(limit: 4)))
    }

    func testDiscardingHasAnEnd() {
        var intake = RequestIntake(announcedBytes: nil, bodyBytesMax: 4)
        let piece = [UInt8](repeating: 0, count: RequestIntake.discardedBytesMax + 4)
        XCTAssertEqual(intake.received(piece), .goOn)
        XCTAssertEqual(intake.received([0]), .refuseNow(.bodyTooLarge(limit: 4)))
        XCTAssertEqual(intake.received(piece.dropFirst(5)), .goOn)
        XCTAssertEqual(intake.received([0]), .close)
    }

    func testTheFirstReasonToDiscardStays() {
        var intake = RequestIntake(announcedBytes: nil, bodyBytesMax: 4)
        intake.discard(because: .overloaded)
        XCTAssertEqual(intake.received([1, 2, 3, 4, 5]), .goOn)
        XCTAssertEqual(intake.ended(), .refuse(.overloaded))
    }

    func testReservesNoMoreThanItMayTrust() {
        let intake = RequestIntake(announcedBytes: 1 << 40, bodyBytesMax: 1 << 30)
        XCTAssertLessThan(intake.body.capacity, 2 * RequestIntake.reservedBytesMax)
    }
}
