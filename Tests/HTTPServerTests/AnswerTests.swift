import Dispatch
import HTTPServer
import Synchronization
import XCTest

final class AnswerTests: XCTestCase {
    private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    func testFromAnotherThreadWhileParked() throws {
        let parked = Parked()
        let server = try ServerUnderTest(self) { parked.append($0) }
        let client = try server.connect()
        for number in 1...3 {
            try client.send(get)
            server.wait(for: 1, of: "parked", { $0.sum(\.parked) })
            parked.all[number - 1].respond { .text("\(number)") }
            XCTAssertEqual(try client.reply().body, "\(number)")
        }
        XCTAssertEqual(server.server.metrics.sum(\.resumesTotal), 3)
    }

    func testFirstAnswerWins() throws {
        let parked = Parked()
        let server = try ServerUnderTest(self) { exchange in
            if exchange.request.path == "/now" {
                exchange.respond(.text("1"))
                exchange.respond(.text("2"))
            } else {
                parked.append(exchange)
            }
        }
        let client = try server.connect()
        try client.send("GET /now HTTP/1.1\r\nHost: h\r\n\r\n" + get)
        XCTAssertEqual(try client.reply().body, "1")
        parked.wait(for: 1)
        for number in 1...3 { parked.all[0].respond(.text("\(number)")) }
        XCTAssertEqual(try client.reply().body, "1")
        parked.all[0].respond(.text("4"))
        try client.send("GET /now HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try client.reply().body, "1")
    }

    /// The handler returns, other threads answer, the deadline passes: all at the same moment, a thousand times.
    func testRaces() throws {
        let answered = Atomic<Int>(0)
        let queue = DispatchQueue(label: "answers", attributes: .concurrent)
        let server = try ServerUnderTest(self) { exchange in
            exchange.park(until: .microseconds(300)) { .text("deadline") }
            for delay in [0, 200, 400] {
                queue.asyncAfter(deadline: .now() + .microseconds(delay)) {
                    exchange.respond {
                        answered.add(1, ordering: .relaxed)
                        return .text("answer")
                    }
                }
            }
        }
        let clients = try (0..<8).map { _ in try server.connect() }
        var bodies: [String: Int] = [:]
        for _ in 0..<150 {
            for client in clients { try client.send(get) }
            for client in clients { bodies[try client.reply().body, default: 0] += 1 }
        }
        XCTAssertEqual((bodies["answer"] ?? 0) + (bodies["deadline"] ?? 0), 1200, "\(bodies)")
        XCTAssertEqual(bodies["answer"] ?? 0, answered.load(ordering: .relaxed))
        server.wait(for: 0, of: "parked", { $0.sum(\.parked) })
    }

    func testHangUpWhileParked() throws {
        let told = Log<String>()
        let parked = Parked()
        let server = try ServerUnderTest(
            self,
            configure: {
                $0.hangUpWatchDelay = .milliseconds(10)
            }
        ) { exchange in
            exchange.onHangUp { told.append(exchange.request.path) }
            parked.append(exchange)
        }
        var client: RawClient? = try server.connect()
        try client?.send(get)
        parked.wait(for: 1)
        client = nil
        told.wait(for: 1)
        server.wait(for: 0, of: "connections", \.connections)
        server.wait(for: 0, of: "parked", { $0.sum(\.parked) })
        parked.all[0].respond(.text("too late"))
        parked.all[0].onHangUp { told.append("at once") }
        XCTAssertEqual(told.all, ["/", "at once"])
        XCTAssertEqual(server.server.metrics.sum(\.hangUpsTotal), 1)
    }

    func testHangUpIsNotToldAfterTheAnswer() throws {
        let told = Log<String>()
        let server = try ServerUnderTest(
            self,
            configure: {
                $0.hangUpWatchDelay = .zero
            }
        ) { exchange in
            exchange.onHangUp { told.append("gone") }
            DispatchQueue.global().async { exchange.respond(.text("1")) }
        }
        for _ in 0..<20 {
            let client = try server.connect()
            try client.send(get)
            XCTAssertEqual(try client.reply().body, "1")
        }
        server.wait(for: 0, of: "connections", \.connections)
        XCTAssertEqual(told.all, [])
    }

    func testAnswerAfterTheClientLeftUnnoticed() throws {
        let parked = Parked()
        let server = try ServerUnderTest(self) { parked.append($0) }
        for _ in 0..<20 {
            let client = try server.connect()
            try client.send(get)
        }
        parked.wait(for: 20)
        for exchange in parked.all { exchange.respond(.text("nobody reads this")) }
        server.wait(for: 0, of: "connections", \.connections)
    }

    func testConnectionTag() throws {
        let server = try ServerUnderTest(self) { exchange in
            exchange.tagConnection(exchange.request.query.first?.value ?? "")
            ServerUnderTest.echo(exchange)
        }
        var client: RawClient? = try server.connect()
        for name in ["b", "c"] {
            try client?.send("POST /replicate?from=\(name) HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            _ = try client?.reply()
        }
        XCTAssertEqual(server.closedTags.all, [])
        client = nil
        server.closedTags.wait(for: 1)
        XCTAssertEqual(server.closedTags.all, ["c"])
    }

    func testTagOfAConnectionAlreadyClosed() throws {
        let kept = Parked()
        let server = try ServerUnderTest(self) { exchange in
            kept.append(exchange)
            ServerUnderTest.echo(exchange)
        }
        try server.connect().send(get)
        kept.wait(for: 1)
        server.wait(for: 0, of: "connections", \.connections)
        kept.all[0].tagConnection("late")
        XCTAssertEqual(server.closedTags.all, ["late"])
    }
}
