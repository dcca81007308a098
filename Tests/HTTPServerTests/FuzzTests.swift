import Dispatch
import HTTPServer
import XCTest

/// Damaged requests in any number of pieces: whatever comes, the server goes on serving others and stops cleanly.
final class FuzzTests: XCTestCase {
    private static let requests = [
        "GET /a%20b?x=1+2 HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n",
        "POST /messages HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789",
        "PUT /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n3;e\r\nefg\r\n0\r\nT: v\r\n\r\n",
        "GET /stream HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n",
        "POST /replicate HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        "HEAD http://h/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    ].map { Array($0.utf8) }

    func testDamagedRequests() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(state: seed)
        let queue = DispatchQueue(label: "answers")
        let server = try ServerUnderTest(
            self,
            configure: {
                $0.receiveTimeout = .milliseconds(100)
                $0.hangUpWatchDelay = .milliseconds(5)
            }
        ) { exchange in
            switch exchange.request.path.utf8.count % 3 {
            case 0: ServerUnderTest.echo(exchange)
            case 1: queue.async { ServerUnderTest.echo(exchange) }
            default:
                let stream = exchange.respondStreaming(.text("s"))
                queue.async {
                    stream.write([65])
                    stream.finish()
                }
            }
        }
        var clients: [RawClient] = []
        for round in 0..<1500 {
            let client = try server.connect()
            // The server may end the connection between two pieces.
            for piece in damaged(&random) { try? client.send(piece) }
            clients.append(client)
            if clients.count > 20 { clients.removeFirst() }
            if round % 100 == 0 { try assertServes(server, seed: seed) }
        }
        try assertServes(server, seed: seed)
        server.server.stop()
        XCTAssertEqual(server.server.metrics.connections, 0, "seed \(seed)")
        XCTAssertEqual(server.server.metrics.sum(\.parked), 0, "seed \(seed)")
        XCTAssertEqual(server.server.metrics.bodyBytesInFlight, 0, "seed \(seed)")
    }

    private func assertServes(_ server: ServerUnderTest, seed: UInt64) throws {
        let client = try server.connect()
        try client.send("GET /ok HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try client.reply().body, "GET /ok ", "seed \(seed)")
    }

    /// One to three requests with bytes changed, removed, inserted or repeated, cut into pieces.
    private func damaged(_ random: inout SplitMix64) -> [[UInt8]] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            bytes += Self.requests[Int.random(in: 0..<Self.requests.count, using: &random)]
        }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0...3, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(Array("\r\n :,0%".utf8)[Int.random(in: 0..<7, using: &random)], at: place)
            default: bytes.insert(contentsOf: bytes[..<place], at: place)
            }
        }
        guard Bool.random(using: &random) else { return [bytes] }
        let cut = Int.random(in: 0..<bytes.count, using: &random)
        return [Array(bytes[..<cut]), Array(bytes[cut...])]
    }
}

/// Repeatable chance.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
