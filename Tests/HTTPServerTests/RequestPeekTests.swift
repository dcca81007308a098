import HTTPTypes
import XCTest

@testable import HTTPServer

final class RequestPeekTests: XCTestCase {
    private func peek(_ text: String, isAll: Bool = false) -> RequestPeek {
        RequestPeek(Array(text.utf8)[...], isAll: isAll)
    }

    func testNeedsTheWholeHead() {
        for text in ["", "\r\n", "G", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nA: b\r\n"] {
            XCTAssertEqual(peek(text), .incomplete, text)
        }
        XCTAssertEqual(peek("GET /x?y HTTP/1.1\r\n\r\n"), .head(target: "/x?y", accept: ""))
        XCTAssertEqual(peek("\r\n\nGET /x HTTP/1.1\n\nmore"), .head(target: "/x", accept: ""))
    }

    func testFindsAccept() {
        let text = "GET / HTTP/1.1\r\nHost: h\r\naCCept:  text/event-stream\r\nAccept: */*\r\n\r\nAccept: no\r\n"
        XCTAssertEqual(peek(text), .head(target: "/", accept: "text/event-stream, */*"))
    }

    func testFindsMalformedLengths() {
        for (length, isGood) in [
            ("0", true), ("12 \t", true), ("9223372036854775807", true), ("+5", false), ("", false),
        ] {
            XCTAssertEqual(
                peek("POST / HTTP/1.1\r\ncontent-Length: \(length)\r\n\r\n"),
                isGood ? .head(target: "/", accept: "") : .malformedLength,
                length
            )
        }
    }

    func testGivesUpWhenNoMoreFits() {
        XCTAssertEqual(peek("GET /a HTTP/1.1\r\nAccept: b\r\nC", isAll: true), .head(target: "/a", accept: "b"))
        XCTAssertEqual(peek("GET /" + String(repeating: "a", count: 99), isAll: true), .head(target: "", accept: ""))
    }

    func testLeavesWhatIsNoRequestToTheLibrary() {
        XCTAssertEqual(RequestPeek([0x16, 0x03, 0x01], isAll: false), .head(target: "", accept: ""))
        XCTAssertEqual(peek("nonsense\r\n\r\n"), .head(target: "", accept: ""))
    }

    func testHeaderBlockKeepsOrderAndDuplicates() {
        let block = HeaderBlock([.accept: "a", .location: "h"])
        XCTAssertEqual(block.first(.location), "h")
        XCTAssertNil(block.first(.age))
        XCTAssertEqual(block.fields, [.accept: "a", .location: "h"])
    }
}
