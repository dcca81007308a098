import HTTPServer
import XCTest

final class TimeoutTests: XCTestCase {
    private func server(handler: @escaping @Sendable (Exchange) -> Void = ServerUnderTest.echo) throws
        -> ServerUnderTest
    {
        try ServerUnderTest(
            self,
            configure: {
                $0.receiveTimeout = .milliseconds(150)
                $0.idleTimeout = .milliseconds(150)
                $0.answerTimeout = .milliseconds(150)
            }
        ) {
            handler($0)
        }
    }

    func testSilentConnectionIsClosed() throws {
        let server = try server()
        let client = try server.connect()
        XCTAssertTrue(try client.isAtEnd())
        server.wait(for: 0, of: "connections", \.connections)
    }

    func testSlowRequestLine() throws {
        let server = try server()
        let client = try server.connect()
        try client.send("GET /")
        let reply = try client.reply()
        XCTAssertEqual(reply.status, 408)
        XCTAssertTrue(reply.closes)
        XCTAssertTrue(try client.isAtEnd())
        server.wait(for: 0, of: "connections", \.connections)
    }

    func testSlowHeadersOfALaterRequest() throws {
        let server = try server()
        let client = try server.connect()
        try client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n")
        XCTAssertEqual(try client.reply().body, "GET /1 ")
        XCTAssertEqual(try client.reply().status, 408)
        XCTAssertTrue(try client.isAtEnd())
        server.wait(for: 0, of: "connections", \.connections)
    }

    func testSlowBodyThoughBytesKeepComing() throws {
        let server = try server()
        let client = try server.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(10) {
            do { try client.send("a") } catch { break }
            usleep(10_000)
        }
        XCTAssertLessThan(ContinuousClock.now - start, .seconds(5))
        XCTAssertEqual(server.handled.all, [])
        server.wait(for: 0, of: "connections", \.connections)
        XCTAssertEqual(server.server.metrics.refusalsTotal["request_timeout"], 1)
    }

    func testIdleConnectionIsClosed() throws {
        let server = try server()
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try client.reply().status, 200)
        XCTAssertTrue(try client.isAtEnd())
        server.wait(for: 0, of: "connections", \.connections)
    }

    func testReaderThatTakesNothingIsClosed() throws {
        let text = String(repeating: "0123456789", count: 1_500_000)
        let server = try ServerUnderTest(
            self,
            configure: {
                $0.receiveTimeout = .milliseconds(20)
                $0.replyBytesPerSecondMin = 1 << 30
            }
        ) {
            $0.respond(.text(text))
        }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        server.handled.wait(for: 1)
        server.wait(for: 0, of: "connections", \.connections)
    }

    func testAnswerThatNeverComes() throws {
        let server = try server { _ in }
        let client = try server.connect()
        for _ in 0..<2 {
            try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            XCTAssertEqual(try client.reply().body, "answer_timeout")
        }
        server.wait(for: 0, of: "parked", { $0.sum(\.parked) })
    }

    func testOwnDeadline() throws {
        let server = try server { exchange in
            exchange.park(until: .milliseconds(20)) { .text("nothing yet") }
        }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try client.reply().body, "nothing yet")
    }

    func testDeadlineMovedWhileParked() throws {
        let parked = Parked()
        let server = try ServerUnderTest(self) { exchange in
            exchange.park(until: .seconds(60)) { .text("first") }
            parked.append(exchange)
        }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        server.wait(for: 1, of: "parked", { $0.sum(\.parked) })
        parked.all.first?.park(until: .milliseconds(1)) { .text("second") }
        XCTAssertEqual(try client.reply().body, "second")
    }
}
