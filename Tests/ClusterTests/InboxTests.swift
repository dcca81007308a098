import Dispatch
import Raft
import XCTest

@testable import Cluster

final class InboxTests: XCTestCase {
    func testTakesEverythingInOrder() {
        let inbox = Inbox<Int>()
        for number in 1...3 { inbox.send(number) }
        var taken: [Int] = []
        inbox.receive(into: &taken, until: nil)
        XCTAssertEqual(taken, [1, 2, 3])
    }

    func testReturnsEmptyAtTheDeadline() {
        let inbox = Inbox<Int>()
        var taken: [Int] = []
        let start = Clocks.monotonic()
        inbox.receive(into: &taken, until: start + .milliseconds(5))
        XCTAssertEqual(taken, [])
        XCTAssertGreaterThanOrEqual(Clocks.monotonic().since(start), .milliseconds(5))
        inbox.receive(into: &taken, until: start)
        XCTAssertEqual(taken, [])
    }

    func testNothingIsLostOrStuckBetweenManySendersAndShortDeadlines() {
        let inbox = Inbox<Int>()
        let (senders, each) = (4, 20_000)
        for sender in 0..<senders {
            DispatchQueue(label: "sender-\(sender)").async {
                for number in 0..<each { inbox.send(sender * each + number) }
            }
        }
        var all: [Int] = []
        var taken: [Int] = []
        let giveUp = Clocks.monotonic() + .seconds(30)
        while all.count < senders * each, Clocks.monotonic() < giveUp {
            inbox.receive(into: &taken, until: Clocks.monotonic() + .nanoseconds(Int64(all.count % 7) * 3000))
            all += taken
            taken.removeAll(keepingCapacity: true)
        }
        XCTAssertEqual(all.sorted(), Array(0..<senders * each))
        for sender in 0..<senders {
            let own = all.filter { $0 / each == sender }
            XCTAssertEqual(own, own.sorted())
        }
    }
}
