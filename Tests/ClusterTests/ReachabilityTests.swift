import Raft
import XCTest

@testable import Cluster

final class ReachabilityTests: XCTestCase {
    func testARefusalIsBelievedForASecond() {
        var reachability = Reachability()
        reachability.noteRefused("b", now: at(0))
        XCTAssertTrue(reachability.isGone("b", now: at(999)))
        XCTAssertFalse(reachability.isGone("b", now: at(1000)))
    }

    func testAPeerIsGoneOnceNothingWasAnsweredForASecond() {
        var reachability = Reachability()
        reachability.noteUnanswered("b", now: at(0))
        reachability.noteUnanswered("b", now: at(900))
        XCTAssertFalse(reachability.isGone("b", now: at(999)))
        XCTAssertTrue(reachability.isGone("b", now: at(1000)))
        XCTAssertFalse(reachability.isGone("c", now: at(1000)))
    }

    func testWhoIsAskedNothingAnyMoreIsNotGone() {
        var reachability = Reachability()
        reachability.noteUnanswered("b", now: at(0))
        reachability.noteUnanswered("b", now: at(900))
        XCTAssertTrue(reachability.isGone("b", now: at(1899)))
        XCTAssertFalse(reachability.isGone("b", now: at(1900)))
        reachability.noteUnanswered("b", now: at(9000))
        XCTAssertFalse(reachability.isGone("b", now: at(9001)), "the silence before is no part of this one")
    }

    func testWhoIsHeardIsNotGone() {
        var reachability = Reachability()
        reachability.noteRefused("b", now: at(0))
        reachability.noteUnanswered("b", now: at(0))
        reachability.noteHeard("b", now: at(10))
        XCTAssertFalse(reachability.isGone("b", now: at(11)))
        XCTAssertFalse(reachability.isGone("b", now: at(5000)))
    }

    func testWithoutALeaderOnlyItsRefusalIsBelieved() {
        var reachability = Reachability()
        reachability.noteRefused("a", now: at(0))
        reachability.noteRefused("b", now: at(10))
        reachability.noteLeaderLost("b")
        XCTAssertFalse(reachability.isGone("a", now: at(11)), "it may have started again since")
        XCTAssertTrue(reachability.isGone("b", now: at(11)))
        reachability.noteRefused("a", now: at(20))
        XCTAssertTrue(reachability.isGone("a", now: at(21)))
    }

    func testOnlyAPeerHeardLatelyHasRoom() {
        var reachability = Reachability()
        XCTAssertFalse(reachability.hasRoom("b", heardSince: at(0)))
        reachability.noteHeard("b", now: at(0))
        XCTAssertTrue(reachability.hasRoom("b", heardSince: at(10)))
        reachability.noteDisk(of: "b", isFull: true)
        XCTAssertFalse(reachability.hasRoom("b", heardSince: at(10)))
        XCTAssertEqual(reachability.fullCount, 1)
        reachability.noteDisk(of: "b", isFull: false)
        XCTAssertTrue(reachability.hasRoom("b", heardSince: at(10)))
        XCTAssertFalse(reachability.hasRoom("b", heardSince: at(5000)))
    }

    private func at(_ milliseconds: UInt64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }
}
