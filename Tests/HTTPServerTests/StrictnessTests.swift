import XCTest

@testable import HTTPServer

/// What libmicrohttpd 0.9.75 lets through and must not: every one is refused, the connection ends, and nothing reaches
/// the handler.
final class StrictnessTests: XCTestCase {
    private func assertRefused(
        _ request: String,
        status: Int,
        saying refusal: String? = nil,
        file: StaticString = #filePath,
        line: UInt = #line
    ) throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try client.send(request)
        let reply = try client.reply()
        XCTAssertEqual(reply.status, status, file: file, line: line)
        if let refusal { XCTAssertEqual(reply.body, refusal, file: file, line: line) }
        XCTAssertTrue(reply.closes, "\(reply.headers)", file: file, line: line)
        XCTAssertEqual(try client.rest(), "", file: file, line: line)
        XCTAssertEqual(server.handled.all, [], file: file, line: line)
    }

    func testSpaceBeforeColon() throws {
        try assertRefused(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\nGET /",
            status: 400,
            saying: "bad_request"
        )
    }

    func testNameOutsideToken() throws {
        try assertRefused("GET / HTTP/1.1\r\nHost: h\r\nA(b): c\r\n\r\n", status: 400, saying: "bad_request")
    }

    func testControlCharacterInValue() throws {
        try assertRefused("GET / HTTP/1.1\r\nHost: h\r\nA: b\u{1}c\r\n\r\n", status: 400, saying: "bad_request")
    }

    func testTwoContentLengths() throws {
        try assertRefused(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 3\r\n\r\nabcde",
            status: 400,
            saying: "bad_request"
        )
    }

    func testContentLengthThatIsNoNumber() throws {
        for length in ["3, 3", "+5", "-1", "0x5", "5 5", "abc", "", String(repeating: "9", count: 23)] {
            try assertRefused(
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\nabcde",
                status: 400,
                saying: "bad_request"
            )
        }
    }

    func testContentLengthThatIsNoNumberOnAKeptConnection() throws {
        // The library refuses these itself, some of them twice over: the status is all that counts.
        for length in ["3, 3", "+5", "-1", "0x5", "5 5", "99999999999999999999"] {
            let server = try ServerUnderTest(self)
            let client = try server.connect()
            try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
            XCTAssertEqual(try client.reply().status, 200)
            try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\nabcde")
            XCTAssertTrue(try [400, 413].contains(client.reply().status), length)
            _ = try client.rest()
            XCTAssertEqual(server.handled.all, ["GET /a"], length)
        }
    }

    func testLengthAndChunked() throws {
        try assertRefused(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            status: 400,
            saying: "bad_request"
        )
    }

    func testTransferEncodingOtherThanChunked() throws {
        for encoding in ["gzip, chunked", "chunked, gzip", "identity", "xchunked", ""] {
            try assertRefused(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \(encoding)\r\n\r\nabc",
                status: 501,
                saying: "unsupported_transfer_encoding"
            )
        }
    }

    func testTransferEncodingTwice() throws {
        try assertRefused(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            status: 501
        )
    }

    func testTransferEncodingBeforeVersion1_1() throws {
        try assertRefused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: 400)
    }

    func testMissingHost() throws {
        try assertRefused("GET / HTTP/1.1\r\n\r\n", status: 400, saying: "bad_request")
    }

    func testTwoHosts() throws {
        try assertRefused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", status: 400, saying: "bad_request")
    }

    func testNulInTarget() throws {
        for target in ["/a%00b", "/a?b=%00", "/a%0", "/%ff", "a", "/a#b"] {
            try assertRefused("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n", status: 400, saying: "bad_request")
        }
    }

    func testPostWithoutLength() throws {
        try assertRefused("POST / HTTP/1.1\r\nHost: h\r\n\r\n", status: 411, saying: "length_required")
    }

    func testNulInValueIsCutByTheLibrary() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\nA: b\0c\r\nConnection: close\r\n\r\n")
        XCTAssertEqual(try client.reply().status, 200)
    }

    func testBareLineFeedsAreAccepted() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try client.send("GET /a HTTP/1.1\nHost: h\n\n")
        XCTAssertEqual(try client.reply().body, "GET /a ")
    }

    func testNoRequestAtAll() throws {
        for bytes in ["\u{16}\u{3}\u{1}\u{0}", "nonsense\r\n\r\n", "GET\r\n\r\n"] {
            let server = try ServerUnderTest(self, configure: { $0.receiveTimeout = .milliseconds(200) })
            let client = try server.connect()
            try client.send(bytes)
            _ = try client.rest()
            XCTAssertEqual(server.handled.all, [], bytes)
        }
    }
}
