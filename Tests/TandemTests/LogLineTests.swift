import Foundation
import Logging
import Messaging
import XCTest

@testable import tandem

final class LogLineTests: XCTestCase {
    private func line(_ message: String, _ metadata: [(key: String, value: String)] = []) -> LogLine {
        LogLine(
            time: Timestamp(millisecondsSinceEpoch: 1_500),
            level: .warning,
            label: "raft",
            message: message,
            metadata: metadata
        )
    }

    func testTextIsTimeLevelLabelMessageAndPairs() {
        XCTAssertEqual(
            line("became leader", [("term", "4"), ("why", "no word from a")]).text,
            "1970-01-01T00:00:01.500Z warning raft: became leader term=4 why=\"no word from a\""
        )
    }

    func testALineOfTextStaysOneLine() {
        XCTAssertFalse(line("two\nlines", [("key", "a\r\nb")]).text.contains { $0.isNewline })
    }

    func testJSONIsOneObjectThatReadsBackEqual() throws {
        let message = "quote \" backslash \\ newline \n bell \u{7} e\u{301} 😀"
        let text = line(message, [("term", "4")]).json
        XCTAssertFalse(text.contains { $0.isNewline })
        let object = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        XCTAssertEqual(object["time"] as? String, "1970-01-01T00:00:01.500Z")
        XCTAssertEqual(object["level"] as? String, "warning")
        XCTAssertEqual(object["label"] as? String, "raft")
        XCTAssertEqual(object["message"] as? String, message)
        XCTAssertEqual(object["metadata"] as? [String: String], ["term": "4"])
    }

    func testJSONWithoutMetadataHasNoSuchKey() throws {
        let object = try JSONSerialization.jsonObject(with: Data(line("started").json.utf8)) as? [String: Any]
        XCTAssertEqual(object?.keys.sorted(), ["label", "level", "message", "time"])
    }
}
