import Dispatch
import Foundation
import HTTPServer
import XCTest

final class LoadTests: XCTestCase {
    private let post = "POST /messages HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"

    /// libmicrohttpd's own thread stalls when exactly 128 or 256 sockets are ready at once.
    func testExactlyAsManyClientsAsTheLibrarysEventBuffer() throws {
        for count in [128, 256] {
            let queue = DispatchQueue(label: "answers")
            let server = try ServerUnderTest(
                self,
                configure: {
                    $0.writesLoops = 1
                }
            ) { exchange in
                queue.async { ServerUnderTest.echo(exchange) }
            }
            let clients = try (0..<count).map { _ in try server.connect() }
            let start = ContinuousClock.now
            for _ in 0..<20 {
                for client in clients { try client.send(post) }
                for client in clients { XCTAssertEqual(try client.reply().status, 200) }
            }
            XCTAssertLessThan(ContinuousClock.now - start, .seconds(10), "\(count) clients")
        }
    }

    func testParkedStreamsDoNotHoldUpWrites() throws {
        let parked = Parked()
        let server = try ServerUnderTest(self) { exchange in
            if exchange.request.path == "/stream" { parked.append(exchange) } else { ServerUnderTest.echo(exchange) }
        }
        let streams = try (0..<500).map { _ in try server.connect() }
        for stream in streams {
            try stream.send("GET /stream HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n")
        }
        parked.wait(for: 500)
        server.wait(for: 500, of: "parked on streams", { $0.sum(\.parked, of: .streams) })
        let writer = try server.connect()
        for _ in 0..<100 {
            try writer.send(post)
            XCTAssertEqual(try writer.reply().status, 200)
        }
        XCTAssertEqual(server.server.metrics.sum(\.connections, of: .writes), 1)
        for exchange in parked.all { exchange.respond(.text("end")) }
        for stream in streams { XCTAssertEqual(try stream.reply().body, "end") }
    }

    func testConnectionsAreSpreadOverTheWritesLoops() throws {
        let server = try ServerUnderTest(self)
        let clients = try (0..<40).map { _ in try server.connect() }
        for client in clients {
            try client.send(post)
            XCTAssertEqual(try client.reply().status, 200)
        }
        // They close when nothing needs them any more.
        withExtendedLifetime(clients) {
            XCTAssertEqual(server.server.metrics.loops.filter { $0.kind == .writes }.map(\.connections), [20, 20])
        }
    }

    func testTenThousandHeldConnections() throws {
        try XCTSkipUnless(ProcessInfo.processInfo.environment["TANDEM_LONG_TESTS"] == "1", "set TANDEM_LONG_TESTS=1")
        let parked = Parked()
        let server = try ServerUnderTest(
            self,
            configure: {
                $0.answerTimeout = .seconds(300)
            }
        ) { exchange in
            if exchange.request.path == "/stream" { parked.append(exchange) } else { ServerUnderTest.echo(exchange) }
        }
        // Half of the process's descriptors are the clients'.
        let count = 9_500
        let streams = try (0..<count).map { _ in
            let stream = try server.connect()
            try stream.send("GET /stream HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n")
            return stream
        }
        server.wait(for: count, of: "parked on streams", { $0.sum(\.parked, of: .streams) })
        let writer = try server.connect()
        for _ in 0..<1000 {
            try writer.send(post)
            XCTAssertEqual(try writer.reply().status, 200)
        }
        for exchange in parked.all { exchange.respond(.text("end")) }
        for stream in streams { XCTAssertEqual(try stream.reply().body, "end") }
    }
}
