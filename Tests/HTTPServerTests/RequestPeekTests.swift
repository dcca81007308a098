import HTTPTypes
import XCTest

@testable import HTTPServer

final class RequestPeekTests: XCTestCase {
    private var limits: HTTPServerConfiguration {
        var limits = HTTPServerConfiguration()
        (limits.urlBytesMax, limits.headerBytesMax, limits.headersMax) = (100, 200, 3)
        return limits
    }

    private func peek(_ text: String) -> RequestPeek { RequestPeek(Array(text.utf8)[...], limits: limits) }

    private func refusal(of text: String) -> Refusal? {
        if case .refused(let refusal) = peek(text) { refusal } else { nil }
    }

    func testNeedsTheWholeHead() {
        for text in ["", "\r\n", "G", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nA: b\r\n"] {
            XCTAssertEqual(peek(text), .incomplete, text)
        }
        XCTAssertEqual(peek("GET /x?y HTTP/1.1\r\n\r\n"), .head(target: "/x?y", accept: ""))
        XCTAssertEqual(peek("\r\n\nGET /x HTTP/1.0\n\nmore"), .head(target: "/x", accept: ""))
    }

    func testFindsAccept() {
        let text = "GET / HTTP/1.1\r\nHost: h\r\naCCept:  text/event-stream\t\r\nAccept: */*\r\n\r\nAccept: no\r\n"
        XCTAssertEqual(peek(text), .head(target: "/", accept: "text/event-stream, */*"))
    }

    func testLengths() {
        for (length, isGood) in [
            ("0", true), ("12 \t", true), ("9223372036854775807", true), ("+5", false), ("", false), ("5 5", false),
        ] {
            let found = peek("POST / HTTP/1.1\r\ncontent-Length: \(length)\r\n\r\n")
            let expected =
                isGood
                ? RequestPeek.head(target: "/", accept: "") : .refused(.badRequest("Content-Length is not a number."))
            XCTAssertEqual(found, expected, length)
        }
        XCTAssertEqual(
            refusal(of: "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"),
            .bodyTooLarge(limit: limits.bodyBytesMax)
        )
    }

    func testRefusesAFaultAsSoonAsItIsThere() {
        for text in [
            "\u{16}", "nonsense\r\n", "GET /\r\n", "GET  / HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n", "GET / http/1.1\r\n",
            "GET / HTTP/11\r\n", "G(T / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nno colon\r\n", "GET / HTTP/1.1\r\n: a\r\n",
            "GET / HTTP/1.1\r\nA: b\r\n c\r\n", "GET / HTTP/1.1\r\nA: b\0c\r\n", "GET / HTTP/1.1\r\nA : b\r\n",
        ] {
            guard case .badRequest = refusal(of: text) else {
                XCTFail("\(text): \(peek(text))")
                continue
            }
        }
        XCTAssertEqual(refusal(of: "GET / HTTP/2.0\r\n"), .unsupportedVersion)
        XCTAssertEqual(refusal(of: "GET / HTTP/0.9\r\n"), .unsupportedVersion)
    }

    func testRefusesWhatIsTooLarge() {
        let url = "/" + String(repeating: "a", count: 100)
        XCTAssertEqual(refusal(of: "GET \(url) HTTP/1.1\r\n"), .urlTooLong)
        XCTAssertEqual(refusal(of: "GET \(String(repeating: url, count: 4))"), .urlTooLong)
        XCTAssertEqual(peek("GET \(url)"), .incomplete)
        let start = "GET / HTTP/1.1\r\n"
        XCTAssertEqual(refusal(of: start + "a:\r\nb:\r\nc:\r\nd:\r\n"), .headersTooLarge)
        XCTAssertEqual(peek(start + "a:\r\nb:\r\nc:\r\n\r\n"), .head(target: "/", accept: ""))
        XCTAssertEqual(refusal(of: start + "a:" + String(repeating: "b", count: 199)), .headersTooLarge)
        XCTAssertEqual(refusal(of: start + "a:" + String(repeating: "b", count: 199) + "\r\n"), .headersTooLarge)
        XCTAssertEqual(refusal(of: String(repeating: "\r\n", count: RequestPeek.bytesMax(limits) / 2)), .urlTooLong)
    }

    func testHeaderBlockKeepsOrderAndDuplicates() {
        let block = HeaderBlock([.accept: "a", .location: "h"])
        XCTAssertEqual(block.first(.location), "h")
        XCTAssertNil(block.first(.age))
        XCTAssertEqual(block.fields, [.accept: "a", .location: "h"])
    }
}
