import Foundation
import XCTest

/// Sending a message and finding it again.
final class MessageTests: AcceptanceTestCase {
    func testASentMessageComesBackWholeWithItsPlaceAndTime() async throws {
        let before = Date()
        let reply = try await node.post(["sender": party, "recipient": "bob", "content": "hello"])
        XCTAssertEqual(reply.status, 201, reply.text)
        XCTAssertEqual(reply.header("Content-Type"), "application/json")
        let message = try reply.object()
        let id = try XCTUnwrap(message["id"] as? Int)
        XCTAssertEqual(reply.header("Location"), "/messages/\(id)")
        XCTAssertEqual(Set(message.keys), ["id", "sender", "recipient", "content", "timestamp", "hlc"])
        XCTAssertEqual(message["sender"] as? String, party)
        XCTAssertEqual(message["recipient"] as? String, "bob")
        XCTAssertEqual(message["content"] as? String, "hello")
        let timestamp = try XCTUnwrap(message["timestamp"] as? String)
        XCTAssertNotNil(timestamp.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/), timestamp)
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let time = try XCTUnwrap(formatter.date(from: timestamp))
        XCTAssertEqual(time.timeIntervalSince(before), 0, accuracy: 60)
    }

    func testAReplySaysOnHowManyDisksTheMessageIs() async throws {
        let status = try await node.get("/status").object()
        let voters = try XCTUnwrap(status["members"] as? [[String: Any]]).filter { $0["kind"] as? String == "voter" }
            .count
        let deadline = ContinuousClock.now + .seconds(30)
        var copies = 0
        // A pair whose backup was too slow for a moment works without it, and says so.
        repeat {
            let reply = try await node.post(["sender": party, "recipient": party, "content": "x"])
            let durability = try XCTUnwrap(reply.header("Durability"))
            let match = try XCTUnwrap(durability.wholeMatch(of: /fsync; copies=(\d+)/), durability)
            copies = try XCTUnwrap(Int(match.1))
        } while copies == 1 && voters == 2 && ContinuousClock.now < deadline
        XCTAssertTrue((voters / 2 + 1...max(voters, 1)).contains(copies), "\(copies) copies on \(voters) voters")
    }

    func testItsLocationGivesTheSameMessageOnEveryNode() async throws {
        let sent = try await send("find me")
        let id = try XCTUnwrap(sent["id"] as? Int)
        for node in nodes {
            let reply = try await node.get("/messages/\(id)")
            XCTAssertEqual(reply.status, 200, reply.text)
            XCTAssertEqual(NSDictionary(dictionary: try reply.object()), NSDictionary(dictionary: sent))
        }
    }

    func testIdsAndTimesGrowWithEachMessage() async throws {
        var last = (id: 0, timestamp: "", hlc: "")
        for number in 1...20 {
            let message = try await send("message \(number)")
            let next = (
                id: try XCTUnwrap(message["id"] as? Int), timestamp: try XCTUnwrap(message["timestamp"] as? String),
                hlc: try XCTUnwrap(message["hlc"] as? String)
            )
            XCTAssertGreaterThan(next.id, last.id)
            XCTAssertGreaterThanOrEqual(next.timestamp, last.timestamp)
            XCTAssertGreaterThan(next.hlc, last.hlc)
            last = next
        }
    }

    func testContentComesBackAsItWasWhateverIsInIt() async throws {
        let contents = [
            "", " ", "\"quotes\" and \\ backslashes", "lines\nand\ttabs\r\n", "\u{0}\u{1}\u{1F}\u{7F}",
            "äöü ß 漢字 العربية",
            "👩‍👩‍👧‍👦 e\u{301} \u{FEFF}", String(repeating: "long ", count: 20_000), "{\"json\":[1,2,null]}", "</script><!--",
        ]
        for content in contents {
            let sent = try await send(content)
            let id = try XCTUnwrap(sent["id"] as? Int)
            let back = try await node.get("/messages/\(id)").object()
            let text = try XCTUnwrap(back["content"] as? String)
            XCTAssertEqual(Array(text.unicodeScalars), Array(content.unicodeScalars))
        }
    }

    func testAMessageThatIsNotThereIs404() async throws {
        try assertProblem(try await node.get("/messages/999999999999"), 404)
    }

    func testABackupTakesMessagesToo() async throws {
        let backup = try await backup()
        let reply = try await backup.post(["sender": party, "recipient": party, "content": "by way of the backup"])
        XCTAssertEqual(reply.status, 201, reply.text)
        let primary = try XCTUnwrap(reply.header("Primary"))
        XCTAssertTrue(primary.hasPrefix("http://"), primary)
        XCTAssertNotEqual(primary, backup.url)
        let stored = try await storedCount()
        XCTAssertEqual(stored, 2, "as sender and as recipient")
    }
}
