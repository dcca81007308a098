import Messaging
import XCTest

@testable import Cluster

final class PageBuilderTests: XCTestCase {
    func testStopsAtTheLimit() {
        var builder = PageBuilder(query: query(through: 10, limit: 2), bytesMax: 1000)
        builder.take(message(3))
        XCTAssertFalse(builder.isFull)
        builder.take(message(5))
        XCTAssertTrue(builder.isFull)
        XCTAssertFalse(builder.isDone)
        builder.skip(to: 6)
        builder.take(message(7))
        XCTAssertTrue(builder.isDone)
        XCTAssertEqual(builder.page.messages.map(\.id), [3, 5])
        XCTAssertEqual(builder.page.scannedThrough, 6)
        XCTAssertTrue(builder.page.more)
    }

    func testAFullPageIsTheLastWhereNothingFollows() {
        var builder = PageBuilder(query: query(through: 10, limit: 1), bytesMax: 1000)
        builder.take(message(3))
        builder.skip(to: 10)
        XCTAssertTrue(builder.isFull)
        XCTAssertFalse(builder.page.more)
    }

    func testStopsAtTheBytes() {
        var builder = PageBuilder(query: query(through: 10, limit: 100), bytesMax: 4)
        builder.take(message(1))
        XCTAssertTrue(builder.isFull)
    }

    func testThereIsNoMoreOnceEverythingWasLookedAt() {
        var builder = PageBuilder(query: query(through: 10, limit: 2), bytesMax: 1000)
        builder.take(message(3))
        builder.skip(to: 10)
        XCTAssertFalse(builder.page.more)
        XCTAssertEqual(builder.page.scannedThrough, 10)
    }

    private func query(through: UInt64, limit: Int) -> MessageQuery {
        MessageQuery(after: 0, through: through, limit: limit)
    }

    private func message(_ id: UInt64) -> Message {
        Message(id: id, sender: "alice", recipient: "bob", content: "12345", hlc: HybridTimestamp(rawValue: id))
    }
}
