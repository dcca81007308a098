import HTTPServer
import HTTPTypes
import XCTest

final class StreamTests: XCTestCase {
    private let get = "GET /s HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n"
    private let head = Response(status: .ok, headers: [.contentType: "text/event-stream"], body: Array("first".utf8))

    private func server(
        _ streams: Streams,
        options: ResponseStream.Options = .init(),
        ended: Log<String> = Log()
    ) throws -> ServerUnderTest {
        let head = head
        return try ServerUnderTest(self) { exchange in
            let stream = exchange.respondStreaming(head, options: options)
            stream.onEnd { ended.append("ended") }
            streams.append(stream)
        }
    }

    func testWritesArriveInOrderAndFinishKeepsTheConnection() throws {
        let (streams, ended) = (Streams(), Log<String>())
        let server = try server(streams, ended: ended)
        let client = try server.connect()
        for round in 1...2 {
            try client.send(get)
            XCTAssertTrue(try client.streamHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
            XCTAssertEqual(try client.chunk(), "first")
            streams.wait(for: round)
            let stream = streams.all[round - 1]
            for number in 0..<10 {
                XCTAssertTrue(stream.write(Array("event \(number)".utf8)))
                XCTAssertEqual(try client.chunk(), "event \(number)")
            }
            stream.finish()
            XCTAssertNil(try client.chunk())
            ended.wait(for: round)
            XCTAssertFalse(stream.write([1]))
        }
        XCTAssertEqual(server.server.metrics.sum(\.connections, of: .streams), 1)
    }

    func testManyWritesTravelTogether() throws {
        let streams = Streams()
        let server = try server(streams)
        let client = try server.connect()
        try client.send(get)
        streams.wait(for: 1)
        let stream = streams.all[0]
        let line = String(repeating: "x", count: 99) + "\n"
        for _ in 0..<2000 { XCTAssertTrue(stream.write(Array(line.utf8))) }
        stream.finish()
        XCTAssertEqual(try client.reply().body, "first" + String(repeating: line, count: 2000))
    }

    func testClientThatDoesNotReadIsCutOff() throws {
        let (streams, ended) = (Streams(), Log<String>())
        let server = try server(streams, options: .init(bufferBytesMax: 1000), ended: ended)
        let client = try server.connect()
        try client.send(get)
        streams.wait(for: 1)
        let piece = [UInt8](repeating: 65, count: 100_000)
        let limit = ContinuousClock.now + .seconds(20)
        while streams.all[0].write(piece), ContinuousClock.now < limit {}
        ended.wait(for: 1)
        server.wait(for: 0, of: "connections", \.connections)
    }

    func testClientThatGoesAwayEndsItsStreamAtOnce() throws {
        let (streams, ended) = (Streams(), Log<String>())
        let server = try server(streams, ended: ended)
        var client: RawClient? = try server.connect()
        try client?.send(get)
        _ = try client?.streamHead()
        server.wait(for: 1, of: "waiting streams", { $0.sum(\.parked) })
        client = nil
        ended.wait(for: 1)
        XCTAssertFalse(streams.all[0].write([1]))
        server.wait(for: 0, of: "connections", \.connections)
    }

    func testHeartbeat() throws {
        let streams = Streams()
        let server = try server(streams, options: .init(heartbeat: (.milliseconds(20), Array(":\n\n".utf8))))
        let client = try server.connect()
        try client.send(get)
        _ = try client.streamHead()
        XCTAssertEqual(try client.chunk(), "first")
        for _ in 0..<3 { XCTAssertEqual(try client.chunk(), ":\n\n") }
    }

    func testHeadOfAStreamHasNoBody() throws {
        let (streams, ended) = (Streams(), Log<String>())
        let server = try server(streams, ended: ended)
        let client = try server.connect()
        for _ in 0..<2 {
            try client.send("HEAD" + get.dropFirst(3))
            XCTAssertEqual(try client.reply(toHead: true).status, 200)
        }
        ended.wait(for: 2)
    }

    func testStreamOfAnAnsweredExchangeHasEnded() throws {
        let streams = Streams()
        let head = head
        let server = try ServerUnderTest(self) { exchange in
            exchange.respond(.text("1"))
            streams.append(exchange.respondStreaming(head))
        }
        let client = try server.connect()
        try client.send(get)
        XCTAssertEqual(try client.reply().body, "1")
        XCTAssertFalse(streams.all[0].write([1]))
    }

    func testDrainAndStopEndStreams() throws {
        let (streams, ended) = (Streams(), Log<String>())
        let server = try server(streams, ended: ended)
        let clients = try (0..<20).map { _ in try server.connect() }
        for client in clients { try client.send(get) }
        streams.wait(for: 20)
        server.server.drain(grace: .seconds(10))
        for client in clients { XCTAssertEqual(try client.reply().body, "first") }
        ended.wait(for: 20)
        XCTAssertEqual(server.server.metrics.connections, 0)
        server.server.stop()
    }

    func testStreamForVersion1_0EndsWithTheConnection() throws {
        let streams = Streams()
        let server = try server(streams)
        let client = try server.connect()
        try client.send("GET /s HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n")
        streams.wait(for: 1)
        streams.all[0].write(Array(" second".utf8))
        streams.all[0].finish()
        XCTAssertTrue(try client.rest().hasSuffix("\r\n\r\nfirst second"))
    }
}
