import XCTest

@testable import HTTPServer

/// What libmicrohttpd 0.9.75 lets through and must not: every one is refused, the connection ends, and nothing reaches
/// the handler.
final class StrictnessTests: XCTestCase {
    /// Refused as a connection's first request, as a later one, and as one that came together with an earlier one.
    private func assertRefused(
        _ request: String,
        status: Int,
        saying refusal: String? = nil,
        file: StaticString = #filePath,
        line: UInt = #line
    ) throws {
        for earlier in Earlier.allCases {
            let server = try ServerUnderTest(self)
            let client = try server.connect()
            switch earlier {
            case .none: try client.send(request)
            case .answered:
                try client.send(Self.harmless)
                XCTAssertEqual(try client.reply().status, 200, file: file, line: line)
                try client.send(request)
            case .pipelined:
                try client.send(Self.harmless + request)
                XCTAssertEqual(try client.reply().status, 200, file: file, line: line)
            }
            let reply = try client.reply()
            XCTAssertEqual(reply.status, status, "\(earlier)", file: file, line: line)
            if let refusal { XCTAssertEqual(reply.body, refusal, "\(earlier)", file: file, line: line) }
            XCTAssertTrue(reply.closes, "\(earlier) \(reply.headers)", file: file, line: line)
            XCTAssertEqual(try client.rest(), "", "\(earlier)", file: file, line: line)
            let expected = earlier == .none ? [] : ["GET /harmless"]
            XCTAssertEqual(server.handled.all, expected, "\(earlier)", file: file, line: line)
        }
    }

    private enum Earlier: CaseIterable { case none, answered, pipelined }

    private static let harmless = "GET /harmless HTTP/1.1\r\nHost: h\r\n\r\n"

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
        for length in ["3, 3", "+5", "-1", "0x5", "5 5", "abc", ""] {
            try assertRefused(
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\nabcde",
                status: 400,
                saying: "bad_request"
            )
        }
    }

    func testContentLengthBeyondAllNumbers() throws {
        for digits in [18, 19, 20, 23] {
            try assertRefused(
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(String(repeating: "9", count: digits))\r\n\r\nabcde",
                status: 413,
                saying: "body_too_large"
            )
        }
    }

    func testTwoContentTypes() throws {
        try assertRefused(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n",
            status: 400,
            saying: "bad_request"
        )
    }

    func testHeaderWithoutName() throws {
        try assertRefused("GET / HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n", status: 400, saying: "bad_request")
        try assertRefused("GET / HTTP/1.1\r\n: b\r\nHost: h\r\n\r\n", status: 400, saying: "bad_request")
    }

    func testManyShortHeaders() throws {
        for count in [101, 300, 4000] {
            try assertRefused(
                "GET / HTTP/1.1\r\nHost: h\r\n\(String(repeating: "a:\r\n", count: count))\r\n",
                status: 431,
                saying: "headers_too_large"
            )
        }
    }

    func testManyCookies() throws {
        try assertRefused(
            "GET / HTTP/1.1\r\nHost: h\r\nCookie: \(String(repeating: "a=b;", count: 3000))\r\n\r\n",
            status: 431,
            saying: "headers_too_large"
        )
    }

    func testBrokenChunks() throws {
        for (body, status, refusal) in [
            ("x\r\n", 400, "bad_request"), ("1\r\nab\r\n", 400, "bad_request"), (";\r\n", 400, "bad_request"),
            ("fffffffffffffffff\r\n", 413, "body_too_large"),
        ] {
            try assertRefused(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(body)",
                status: status,
                saying: refusal
            )
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

    func testNulInValue() throws {
        for header in ["A: b\0c", "A: \0", "Host\0: i"] {
            try assertRefused("GET / HTTP/1.1\r\nHost: h\r\n\(header)\r\nZ: z\r\n\r\n", status: 400, saying: nil)
        }
    }

    func testFoldedHeader() throws {
        for header in ["A: b\r\n c", "A:\r\n\tb", "A: b\n c\n d"] {
            try assertRefused("GET / HTTP/1.1\r\nHost: h\r\n\(header)\r\nZ: z\r\n\r\n", status: 400)
        }
    }

    func testHeadersAsTheyMayBe() throws {
        let server = try ServerUnderTest(self)
        for head in [
            "GET / HTTP/1.1\r\nHost:h\r\nA:\r\nB:  \tb \t\r\n", "GET / HTTP/1.1\nHost: h\nA:\nB: b\r\n",
            "GET /?a=b+c&d=%20 HTTP/1.1\r\nHost: h\r\n",
            "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n", "GET / HTTP/1.0\r\n",
        ] {
            for end in ["\r\n", "\n"] {
                let client = try server.connect()
                try client.send(Self.harmless)
                XCTAssertEqual(try client.reply().status, 200)
                // In pieces, so that the library reads them into a buffer that grows.
                for byte in (head + end).utf8 { try client.send([byte]) }
                XCTAssertEqual(try client.reply().status, 200, head)
            }
        }
    }

    func testBareLineFeedsAreAccepted() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try client.send("GET /a HTTP/1.1\nHost: h\n\n")
        XCTAssertEqual(try client.reply().body, "GET /a ")
    }

    func testNoRequestAtAll() throws {
        for (bytes, status) in [
            ("\u{16}\u{3}\u{1}\u{0}", 400), ("nonsense\r\n\r\n", 400), ("GET\r\n\r\n", 400), ("GET /\r\n\r\n", 400),
            ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400),
            ("GET / HTTQ/1.1\r\nHost: h\r\n\r\n", 400), ("(GET) / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", 400), ("GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ] {
            let server = try ServerUnderTest(self)
            let client = try server.connect()
            try client.send(bytes)
            let reply = try client.reply()
            XCTAssertEqual(reply.status, status, bytes)
            XCTAssertEqual(reply.body, status == 505 ? "unsupported_version" : "bad_request", bytes)
            XCTAssertEqual(try client.rest(), "", bytes)
            XCTAssertEqual(server.handled.all, [], bytes)
        }
    }

    /// A fault in the request line, or a line without colon, on a connection used before: the library answers before it
    /// has called anything that would name the connection, so its HTML stands (openapi.yaml says so).
    func testWhatTheLibraryAnswersByItself() throws {
        for (request, status) in [
            ("GET / HTTQ/1.1\r\nHost: h\r\n\r\n", 400), ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
            ("GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", 400),
            ("GET /\(String(repeating: "a", count: 40_000)) HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        ] {
            let server = try ServerUnderTest(self)
            let client = try server.connect()
            try client.send(Self.harmless)
            XCTAssertEqual(try client.reply().status, 200)
            try? client.send(request)
            let reply = try client.reply()
            XCTAssertEqual(reply.status, status)
            XCTAssertTrue(reply.body.hasPrefix("<html>"), reply.body)
            XCTAssertTrue(reply.closes)
            XCTAssertEqual(server.handled.all, ["GET /harmless"])
        }
    }

    func testAnotherRequestHalfReceivedIsNotHarmed() throws {
        let server = try ServerUnderTest(self, configure: { $0.writesLoops = 1 })
        let (half, body, bad) = try (server.connect(), server.connect(), server.connect())
        for client in [half, body, bad] {
            try client.send(Self.harmless)
            XCTAssertEqual(try client.reply().status, 200)
        }
        try half.send("GET /half HTTP/1.1\r\nHost: h\r\nA: b\r\n")
        try body.send("POST /body HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        server.wait(for: 2, of: "requests in progress", { $0.sum(\.requestsTotal, of: .writes) - 3 })
        try bad.send("POST /bad HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nabcde")
        XCTAssertEqual(try bad.reply().body, "bad_request")
        XCTAssertEqual(try bad.rest(), "")
        try half.send("\r\n")
        XCTAssertEqual(try half.reply().body, "GET /half ")
        try body.send("0\r\n\r\n")
        XCTAssertEqual(try body.reply().body, "POST /body a")
        XCTAssertFalse(server.handled.all.contains("POST /bad"))
    }
}
