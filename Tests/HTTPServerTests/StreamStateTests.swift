import XCTest

@testable import HTTPServer

final class StreamStateTests: XCTestCase {
    func testTellsTheLoopOncePerWait() {
        var state = StreamState(bufferBytesMax: 10)
        XCTAssertEqual(state.write([1]), .none)
        XCTAssertEqual(state.next(atMost: 10), .bytes([1]))
        XCTAssertEqual(state.next(atMost: 10), .wait)
        XCTAssertEqual(state.write([2]), .tell)
        XCTAssertEqual(state.write([3]), .none)
        XCTAssertTrue(state.stopWaiting())
        XCTAssertFalse(state.stopWaiting())
        XCTAssertEqual(state.next(atMost: 10), .bytes([2, 3]))
    }

    func testGivesOutNoMoreThanAskedFor() {
        var state = StreamState(first: [1, 2, 3], bufferBytesMax: 10)
        XCTAssertEqual(state.next(atMost: 2), .bytes([1, 2]))
        XCTAssertEqual(state.bufferedBytes, 1)
        XCTAssertEqual(state.next(atMost: 2), .bytes([3]))
        XCTAssertEqual(state.next(atMost: 2), .wait)
    }

    func testFinishSendsWhatIsBuffered() {
        var state = StreamState(bufferBytesMax: 10)
        XCTAssertEqual(state.write([1]), .none)
        XCTAssertEqual(state.finish(), .none)
        XCTAssertEqual(state.write([2]), .refused)
        XCTAssertEqual(state.next(atMost: 10), .bytes([1]))
        XCTAssertEqual(state.next(atMost: 10), .end)
        XCTAssertTrue(state.end())
        XCTAssertFalse(state.end())
    }

    func testOneLargePieceIsHeldTwoAreNot() {
        var state = StreamState(bufferBytesMax: 2)
        XCTAssertEqual(state.write([1, 2, 3]), .none)
        XCTAssertEqual(state.write([4]), .tell)
        XCTAssertEqual(state.phase, .cut)
        XCTAssertEqual(state.next(atMost: 10), .abort)
        XCTAssertEqual(state.write([5]), .refused)
    }
}
