import XCTest

@testable import Messaging

final class BrokerTests: XCTestCase {
    func testAMessageTakesItsIndexAsId() {
        var broker = Broker()
        broker.advance(to: 1)
        let message = broker.apply(command("hello", at: 7), at: 2)
        XCTAssertEqual(message.id, 2)
        XCTAssertEqual(message.content, "hello")
        XCTAssertEqual(message.timestamp, Timestamp(millisecondsSinceEpoch: 7))
        XCTAssertEqual(broker.appliedIndex, 2)
    }

    func testCountsMessagesNotEntries() {
        var broker = Broker()
        broker.advance(to: 1)
        XCTAssertNil(broker.firstID)
        _ = broker.apply(command("one", at: 1), at: 2)
        broker.advance(to: 3)
        _ = broker.apply(command("two", at: 2), at: 4)
        XCTAssertEqual(broker.messageCount, 2)
        XCTAssertEqual(broker.firstID, 2)
        XCTAssertEqual(broker.lastID, 4)
        XCTAssertEqual(broker.latestStamp, HybridTimestamp(millisecondsSinceEpoch: 2))
    }

    func testTheSameEntriesMakeTheSameState() {
        var brokers = [Broker(), Broker()]
        for position in brokers.indices {
            for index in 1...50 as ClosedRange<UInt64> {
                _ = brokers[position].apply(command("\(index)", at: index), at: index)
            }
        }
        XCTAssertEqual(brokers[0], brokers[1])
    }

    private func command(_ content: String, at milliseconds: UInt64) -> Command {
        .message(
            Draft(sender: "alice", recipient: "bob", content: content),
            hlc: HybridTimestamp(millisecondsSinceEpoch: milliseconds)
        )
    }
}
