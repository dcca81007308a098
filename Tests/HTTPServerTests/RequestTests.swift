import HTTPServer
import HTTPTypes
import XCTest

final class RequestTests: XCTestCase {
    func testKeepsTheConnection() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        for number in 0..<5 {
            try client.send("POST /\(number) HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            let reply = try client.reply()
            XCTAssertEqual(reply.status, 200)
            XCTAssertEqual(reply.body, "POST /\(number) abc")
            XCTAssertFalse(reply.closes)
        }
        XCTAssertEqual(server.server.metrics.sum(\.connectionsTotal), 1)
        XCTAssertEqual(server.server.metrics.sum(\.requestsTotal), 5)
        XCTAssertEqual(server.server.metrics.sum(\.bodyBytesInTotal), 15)
    }

    func testVersion1_0EndsTheConnection() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try client.send("GET /a HTTP/1.0\r\n\r\n")
        XCTAssertEqual(try client.reply().body, "GET /a ")
        XCTAssertTrue(try client.isAtEnd())
    }

    func testClientThatEndsItsSideGetsAnAnswerGivenAtOnce() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        client.shutdownSending()
        XCTAssertTrue(try client.rest().hasSuffix("GET /a "))
    }

    func testHeadHasTheHeadersOfGetAndNoBody() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try client.reply(toHead: true)["content-length"], "\("HEAD /a ".count)")
        try client.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try client.reply().body, "GET /b ")
    }

    func testPipelinedRequestsAreAnsweredInOrderThoughSuspended() throws {
        let parked = Parked()
        let server = try ServerUnderTest(self) { exchange in
            if exchange.request.path == "/now" { ServerUnderTest.echo(exchange) } else { parked.append(exchange) }
        }
        let client = try server.connect()
        let paths = ["/1", "/2", "/now", "/3"]
        try client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        for number in 1...3 {
            parked.wait(for: number)
            ServerUnderTest.echo(parked.all[number - 1])
        }
        XCTAssertEqual(try paths.map { _ in try client.reply().body }, paths.map { "GET \($0) " })
    }

    func testChunkedUpload() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try client.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        try client.send("2;name=value\r\nde\r\n0\r\n\r\n")
        XCTAssertEqual(try client.reply().body, "PUT / abcde")
    }

    func testExpectContinue() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        XCTAssertEqual(try client.reply().status, 100)
        try client.send("abc")
        XCTAssertEqual(try client.reply().body, "POST / abc")
    }

    func testLargeBodyInManyPieces() throws {
        let server = try ServerUnderTest(self) { exchange in
            exchange.respond(.text("\(exchange.request.body.count) \(exchange.request.body.last ?? 0)"))
        }
        let client = try server.connect()
        let body = [UInt8](repeating: 7, count: 3_000_000)
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n")
        try client.send(body)
        XCTAssertEqual(try client.reply().body, "3000000 7")
        server.wait(for: 0, of: "body bytes in flight", \.bodyBytesInFlight)
    }

    func testLargeReply() throws {
        let text = String(repeating: "0123456789", count: 500_000)
        let server = try ServerUnderTest(self) { $0.respond(.text(text)) }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try client.reply().body, text)
    }

    func testTargetHeadersAndAddress() throws {
        let parked = Parked()
        let server = try ServerUnderTest(self) { parked.append($0) }
        let client = try server.connect()
        try client.send(
            "GET http://h/a%2Fb/%20?x=1+2&x=%26 HTTP/1.1\r\nHost: h\r\nAccept: a\r\nX-Y: é\r\naccept: b\r\n\r\n"
        )
        parked.wait(for: 1)
        let request = try XCTUnwrap(parked.all.first).request
        XCTAssertEqual(request.target, "http://h/a%2Fb/%20?x=1+2&x=%26")
        XCTAssertEqual(request.path, "/a/b/ ")
        XCTAssertEqual(request.segments, ["a/b", " "])
        XCTAssertEqual(request.query.map { "\($0.name)=\($0.value)" }, ["x=1 2", "x=&"])
        XCTAssertEqual(request.headers[values: .accept], ["a", "b"])
        XCTAssertEqual(request.header(.accept), "a")
        XCTAssertEqual(request.header(HTTPField.Name("x-y") ?? .age), "é")
        XCTAssertNil(request.header(.age))
        XCTAssertTrue(request.remoteAddress.hasPrefix("127.0.0.1:"), request.remoteAddress)
    }

    func testOptionsOfTheServer() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try client.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try client.reply().body, "OPTIONS * ")
    }

    func testReplyHeaders() throws {
        let server = try ServerUnderTest(
            self,
            configure: {
                $0.serverName = "Tandem"
            }
        ) { exchange in
            exchange.respond(
                Response(
                    status: .created,
                    headers: [.location: "/messages/1", .contentLength: "99", .connection: "upgrade", .date: "never"],
                    body: Array("{}".utf8)
                )
            )
        }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let reply = try client.reply()
        XCTAssertEqual(reply.status, 201)
        XCTAssertEqual(reply.headers.map(\.name).sorted(), ["content-length", "date", "location", "server"])
        XCTAssertEqual(reply["content-length"], "2")
        XCTAssertEqual(reply["server"], "Tandem")
    }

    func testRepliesWithoutBody() throws {
        let server = try ServerUnderTest(self) { exchange in
            exchange.respond(Response(status: exchange.request.path == "/204" ? .noContent : .notModified, body: [1]))
        }
        let client = try server.connect()
        for path in ["/204", "/304", "/204"] {
            try client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            XCTAssertEqual("/\(try client.reply().status)", path)
        }
    }

    func testClosesWhenToldTo() throws {
        let server = try ServerUnderTest(self) { exchange in
            exchange.respond(Response(status: .ok, closesConnection: true))
        }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertTrue(try client.reply().closes)
        XCTAssertTrue(try client.isAtEnd())
    }
}
