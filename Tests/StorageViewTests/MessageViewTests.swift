import FoundationEssentials
import Raft
import Storage
import XCTest

@testable import StorageView

final class MessageViewTests: XCTestCase {
    private var directory = ""
    private var path: String { directory + "/view.db" }

    override func setUpWithError() throws {
        directory = FileManager.default.temporaryDirectory.path + "/tandem-view-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    override func tearDownWithError() throws {
        try FileManager.default.removeItem(atPath: directory)
    }

    func testFindsByRecipientAndSenderInOrder() throws {
        let view = try open()
        try feed(view, [(2, "alice", "bob"), (3, "carol", "bob"), (5, "alice", "dave"), (6, "alice", "bob")])
        XCTAssertEqual(try ids(view, recipient: "bob"), [2, 3, 6])
        XCTAssertEqual(try ids(view, sender: "alice"), [2, 5, 6])
        XCTAssertEqual(try ids(view, recipient: "bob", sender: "alice"), [2, 6])
        XCTAssertEqual(try ids(view, recipient: "nobody"), [])
        XCTAssertEqual(try ids(view, recipient: "bob", after: 2, through: 5), [3])
        XCTAssertEqual(try ids(view, recipient: "bob", limit: 2), [2, 3])
        XCTAssertEqual(view.position, ViewPosition(index: 6, chain: ChainValue(6)))
    }

    func testB20GoesOnWhereItWasClosed() throws {
        let view = try open()
        try feed(view, [(2, "alice", "bob")])
        try view.close()
        var asked: ViewPosition?
        let again = try open { position in
            asked = position
            return true
        }
        XCTAssertEqual(asked, ViewPosition(index: 2, chain: ChainValue(2)))
        try feed(again, [(3, "alice", "bob")])
        XCTAssertEqual(try ids(again, recipient: "bob"), [2, 3])
    }

    func testIsMadeAnewForAnotherHistory() throws {
        let view = try open()
        try feed(view, [(2, "alice", "bob")])
        try view.close()
        let again = try open { _ in false }
        XCTAssertEqual(again.position, .start)
        XCTAssertEqual(try ids(again, recipient: "bob"), [])
    }

    func testIsMadeAnewWhereTheFileIsNoDatabase() throws {
        try Data("this is not a database, and long enough to be read as one header or another".utf8)
            .write(to: URL(filePath: path))
        let view = try open()
        try feed(view, [(2, "alice", "bob")])
        XCTAssertEqual(try ids(view, recipient: "bob"), [2])
    }

    func testFeedingTheSameMessagesAgainChangesNothing() throws {
        let view = try open()
        try feed(view, [(2, "alice", "bob"), (3, "alice", "bob")])
        try feed(view, [(3, "alice", "bob")])
        XCTAssertEqual(try ids(view, recipient: "bob"), [2, 3])
    }

    private func open(isOfThisLog: (ViewPosition) -> Bool = { _ in true }) throws -> MessageView {
        try MessageView.open(path: path, isOfThisLog: isOfThisLog)
    }

    private func feed(_ view: MessageView, _ messages: [(UInt64, String, String)]) throws {
        let last = try XCTUnwrap(messages.last?.0)
        try view.feed(
            messages.map { ViewRecord(id: $0.0, sender: $0.1, recipient: $0.2) },
            through: LogIndex(last),
            chain: ChainValue(UInt32(last))
        )
    }

    private func ids(
        _ view: MessageView,
        recipient: String? = nil,
        sender: String? = nil,
        after: UInt64 = 0,
        through: UInt64 = .max,
        limit: Int = 100
    ) throws -> [UInt64] {
        try view.ids(recipient: recipient, sender: sender, after: after, through: through, limit: limit)
    }
}
