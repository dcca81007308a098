import Dispatch
import HTTPServer
import Logging
import XCTest

final class LifecycleTests: XCTestCase {
    private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    func testPortInUse() throws {
        let server = try ServerUnderTest(self)
        XCTAssertThrowsError(try ServerUnderTest(self, configure: { $0.port = server.port })) { error in
            XCTAssertEqual(error as? HTTPServerError, .portInUse(server.port))
        }
    }

    func testBadAddress() {
        for host in ["nowhere.example", "192.0.2.1", ""] {
            XCTAssertThrowsError(try ServerUnderTest(self, configure: { $0.host = host })) { error in
                XCTAssertEqual((error as? HTTPServerError)?.code, .badAddress)
            }
        }
    }

    func testPortIsFreeAgainAfterStop() throws {
        let first = try ServerUnderTest(self)
        let client = try first.connect()
        try client.send(get)
        _ = try client.reply()
        first.server.stop()
        let second = try ServerUnderTest(self, configure: { $0.port = first.port })
        XCTAssertEqual(second.port, first.port)
    }

    func testIPv6() throws {
        let server: ServerUnderTest
        do {
            server = try ServerUnderTest(self, configure: { $0.host = "::" })
        } catch {
            throw XCTSkip("no IPv6 here")
        }
        let client = try server.connect()
        try client.send(get)
        XCTAssertEqual(try client.reply().status, 200)
    }

    func testStopAnswersWhatIsParked() throws {
        let parked = Parked()
        let server = try ServerUnderTest(self) { parked.append($0) }
        let clients = try (0..<50).map { _ in try server.connect() }
        for client in clients { try client.send(get) }
        parked.wait(for: 50)
        server.server.stop()
        for client in clients {
            let reply = try client.reply()
            XCTAssertEqual(reply.status, 504, "what was begun may yet be done")
            XCTAssertTrue(reply.closes)
        }
        XCTAssertEqual(server.server.metrics.connections, 0)
        parked.all[0].respond(.text("after the end"))
        server.server.stop()
    }

    func testStopWhileRequestsPour() throws {
        let queue = DispatchQueue(label: "answers")
        let server = try ServerUnderTest(self) { exchange in queue.async { exchange.respond(.text("1")) } }
        let (port, clients) = (server.port, DispatchGroup())
        for number in 0..<8 {
            DispatchQueue(label: "client \(number)").async(group: clients) {
                // Ends when the server goes away, which is the point.
                guard let client = try? RawClient(port: port) else { return }
                while (try? client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")) != nil, (try? client.reply()) != nil {}
            }
        }
        server.handled.wait(for: 500)
        server.server.stop()
        XCTAssertEqual(clients.wait(timeout: .now() + .seconds(20)), .success)
        XCTAssertEqual(server.server.metrics.connections, 0)
        XCTAssertEqual(server.server.metrics.sum(\.parked), 0)
    }

    func testDrainWaitsForAnswers() throws {
        let parked = Parked()
        let server = try ServerUnderTest(
            self,
            configure: { $0.writesLoops = 1 }
        ) { exchange in
            if exchange.request.path == "/now" { ServerUnderTest.echo(exchange) } else { parked.append(exchange) }
        }
        let (new, idle, busy) = (try server.connect(), try server.connect(), try server.connect())
        try idle.send("GET /now HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertFalse(try idle.reply().closes)
        try busy.send(get)
        parked.wait(for: 1)
        let drained = expectation(description: "drained")
        DispatchQueue.global().async {
            server.server.drain(grace: .seconds(20))
            drained.fulfill()
        }
        XCTAssertTrue(try new.isAtEnd())
        XCTAssertTrue(try idle.isAtEnd())
        parked.all[0].respond(.text("done"))
        let reply = try busy.reply()
        XCTAssertEqual(reply.body, "done")
        XCTAssertTrue(reply.closes)
        wait(for: [drained], timeout: 10)
        XCTAssertThrowsError(try server.connect())
        XCTAssertEqual(server.server.metrics.connections, 0)
    }

    func testDrainWaitsNotForRequestsThatStopHalfWay() throws {
        let server = try ServerUnderTest(
            self,
            configure: {
                $0.writesLoops = 1
                $0.drainReceiveTimeout = .milliseconds(100)
            }
        )
        let starts = [
            "GE", get + "GE", get + "GET / HTTP/1.1\r\nHos", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na",
        ]
        let clients = try starts.map { start in
            let client = try server.connect()
            try client.send(start)
            if start.hasPrefix(get) { XCTAssertEqual(try client.reply().status, 200) }
            return client
        }
        server.wait(for: 4, of: "requests begun") { $0.sum(\.requestsTotal, of: .writes) }
        server.wait(for: 1, of: "connections without request", \.connectionsWaiting)
        let start = ContinuousClock.now
        server.server.drain(grace: .seconds(20))
        XCTAssertLessThan(ContinuousClock.now - start, .seconds(10))
        XCTAssertEqual(server.server.metrics.connections, 0)
        for (client, start) in zip(clients, starts) {
            // Of a request line that is not whole the library knows nothing.
            let said = try client.rest()
            if start != starts[1] { XCTAssertTrue(said.hasPrefix("HTTP/1.1 503"), "\(start): \(said)") }
        }
    }

    func testARequestThatIsWholeInTimeIsStillServedWhileDraining() throws {
        let server = try ServerUnderTest(self, configure: { $0.writesLoops = 1 })
        let client = try server.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na")
        server.wait(for: 1, of: "requests begun") { $0.sum(\.requestsTotal, of: .writes) }
        let drained = expectation(description: "drained")
        DispatchQueue.global().async {
            server.server.drain(grace: .seconds(20))
            drained.fulfill()
        }
        while (try? server.connect()) != nil { usleep(1000) }
        try client.send("b")
        XCTAssertEqual(try client.reply().body, "POST / ab")
        wait(for: [drained], timeout: 10)
    }

    func testRequestsThatWereOnTheirWayAreStillServedWhileDraining() throws {
        let server = try ServerUnderTest(self, configure: { $0.drainIdleTimeout = .seconds(2) })
        let (new, kept) = (try server.connect(), try server.connect())
        try kept.send(get)
        XCTAssertFalse(try kept.reply().closes)
        let drained = expectation(description: "drained")
        DispatchQueue.global().async {
            server.server.drain(grace: .seconds(20))
            drained.fulfill()
        }
        while (try? server.connect()) != nil { usleep(1000) }
        for client in [new, kept] {
            // What comes before its loop has heard of the draining does not end the connection yet.
            var closes = false
            while !closes {
                try client.send(get)
                let reply = try client.reply()
                XCTAssertEqual(reply.status, 200)
                guard reply.status == 200 else { return }
                closes = reply.closes
            }
        }
        wait(for: [drained], timeout: 10)
    }

    /// Who was promised that the connection stays sends its next request on it.
    func testARequestAfterAReplyThatWasUnderWayIsStillServedWhileDraining() throws {
        let long = String(repeating: "long", count: 4 << 20)
        let server = try ServerUnderTest(
            self,
            configure: { $0.drainIdleTimeout = .seconds(2) }
        ) { exchange in
            if exchange.request.path == "/now" { ServerUnderTest.echo(exchange) } else { exchange.respond(.text(long)) }
        }
        let client = try server.connect()
        try client.send(get)
        server.wait(for: long.utf8.count, of: "bytes to send") { $0.sum(\.bodyBytesOutTotal) }
        let drained = expectation(description: "drained")
        DispatchQueue.global().async {
            server.server.drain(grace: .seconds(20))
            drained.fulfill()
        }
        while (try? server.connect()) != nil { usleep(1000) }
        let reply = try client.reply()
        XCTAssertEqual(reply.body.utf8.count, long.utf8.count)
        XCTAssertFalse(reply.closes)
        try client.send("GET /now HTTP/1.1\r\nHost: h\r\n\r\n")
        let last = try client.reply()
        XCTAssertEqual(last.status, 200)
        XCTAssertTrue(last.closes)
        wait(for: [drained], timeout: 10)
    }

    func testDrainGivesUpAfterItsGrace() throws {
        let parked = Parked()
        let server = try ServerUnderTest(self) { parked.append($0) }
        let client = try server.connect()
        try client.send(get)
        parked.wait(for: 1)
        server.server.drain(grace: .milliseconds(50))
        XCTAssertEqual(server.server.metrics.sum(\.parked), 1)
        server.server.stop()
        XCTAssertEqual(try client.reply().status, 504)
    }
}
