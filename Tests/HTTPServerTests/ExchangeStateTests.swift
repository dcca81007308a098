import XCTest

@testable import HTTPServer

final class ExchangeStateTests: XCTestCase {
    func testAnswerWithinTheHandlerIsRepliedWithoutSuspending() {
        var state = ExchangeState<Int>()
        XCTAssertEqual(state.answer(1), .keep)
        guard case .reply(1) = state.handlerReturned() else { return XCTFail("\(state.phase)") }
    }

    func testAnswerAfterTheHandlerResumesOnce() {
        var state = ExchangeState<Int>()
        guard case .suspend = state.handlerReturned() else { return XCTFail("\(state.phase)") }
        XCTAssertTrue(state.isParked)
        XCTAssertEqual(state.answer(1), .resume)
        XCTAssertEqual(state.answer(2), .drop)
        XCTAssertEqual(state.takeAnswer(), 1)
        XCTAssertNil(state.takeAnswer())
    }

    func testFirstAnswerWinsWithinTheHandler() {
        var state = ExchangeState<Int>()
        XCTAssertEqual(state.answer(1), .keep)
        XCTAssertEqual(state.answer(2), .drop)
        guard case .reply(1) = state.handlerReturned() else { return XCTFail("\(state.phase)") }
        XCTAssertEqual(state.answer(3), .drop)
    }

    func testHangUpWhileParkedIsToldOnceAndDropsTheAnswer() {
        var state = ExchangeState<Int>()
        _ = state.handlerReturned()
        XCTAssertTrue(state.peerIsGone())
        XCTAssertFalse(state.peerIsGone())
        XCTAssertEqual(state.answer(1), .drop)
        XCTAssertNil(state.takeAnswer())
    }

    func testHangUpAfterTheAnswerIsNotTold() {
        var state = ExchangeState<Int>()
        _ = state.handlerReturned()
        XCTAssertEqual(state.answer(1), .resume)
        XCTAssertFalse(state.peerIsGone())
        XCTAssertNil(state.takeAnswer())
    }
}
