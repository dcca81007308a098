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

    /// Later messages are stamped after all that were applied, whatever the order of those.
    func testTheClockIsNotPutBack() {
        var broker = Broker()
        _ = broker.apply(command("one", at: 9), at: 1)
        _ = broker.apply(command("two", at: 2), at: 2)
        XCTAssertEqual(broker.latestStamp, HybridTimestamp(millisecondsSinceEpoch: 9))
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

    /// A log whose beginning was removed goes on counting ids and time where it was, without the removed messages.
    func testAStateSurvivesAsTheBaseOfALog() throws {
        var broker = Broker()
        broker.advance(to: 1)
        _ = broker.apply(command("one", at: 1), at: 2)
        _ = broker.apply(command("two", at: 9), at: 3)
        broker.advance(to: 4)
        var restored = try Broker(base: broker.encodedAsBase)
        XCTAssertEqual(restored.appliedIndex, 4)
        XCTAssertEqual(restored.latestStamp, broker.latestStamp)
        XCTAssertEqual(restored.lastID, 3)
        XCTAssertEqual(restored.messageCount, 0)
        XCTAssertNil(restored.firstID)
        _ = restored.apply(command("three", at: 10), at: 5)
        XCTAssertEqual(restored.firstID, 5)

        _ = broker.apply(command("three", at: 10), at: 5)
        broker.forget(through: 4, messages: 2, next: 5)
        XCTAssertEqual(broker, restored)
    }

    func testAStateWithoutMessagesSurvivesAsTheBaseOfALog() throws {
        var broker = Broker()
        broker.advance(to: 1)
        XCTAssertEqual(try Broker(base: broker.encodedAsBase), broker)
    }

    /// A node that starts again with the same log has the same state, without applying it all once more.
    func testAStateSurvivesAsACheckpoint() throws {
        var broker = Broker()
        XCTAssertEqual(try Broker(checkpoint: broker.encodedAsCheckpoint), broker)
        broker.advance(to: 1)
        _ = broker.apply(command("one", at: 1), at: 2)
        _ = broker.apply(command("two", at: 9), at: 3)
        broker.advance(to: 4)
        var restored = try Broker(checkpoint: broker.encodedAsCheckpoint)
        XCTAssertEqual(restored, broker)
        _ = broker.apply(command("three", at: 10), at: 5)
        _ = restored.apply(command("three", at: 10), at: 5)
        XCTAssertEqual(restored, broker)
    }

    func testDamagedCheckpointsAreRefused() {
        let bytes = Broker().encodedAsCheckpoint
        for length in 0..<bytes.count { XCTAssertThrowsError(try Broker(checkpoint: Array(bytes.prefix(length)))) }
        XCTAssertThrowsError(try Broker(checkpoint: bytes + [0]))
        XCTAssertThrowsError(try Broker(checkpoint: [9] + bytes.dropFirst()))
    }

    func testDamagedStatesAreRefused() {
        let bytes = Broker().encodedAsBase
        for length in 0..<bytes.count { XCTAssertThrowsError(try Broker(base: Array(bytes.prefix(length)))) }
        XCTAssertThrowsError(try Broker(base: bytes + [0]))
        XCTAssertThrowsError(try Broker(base: [9] + bytes.dropFirst()))
    }

    private func command(_ content: String, at milliseconds: UInt64) -> Command {
        .message(
            Draft(sender: "alice", recipient: "bob", content: content),
            hlc: HybridTimestamp(millisecondsSinceEpoch: milliseconds)
        )
    }
}
