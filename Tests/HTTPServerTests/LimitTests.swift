import Glibc
import HTTPServer
import XCTest

final class LimitTests: XCTestCase {
    func testHeadersTooLarge() throws {
        let server = try ServerUnderTest(self, configure: { $0.headerBytesMax = 1000 })
        for (length, status) in [(900, 200), (1000, 431), (10_000, 431)] {
            let client = try server.connect()
            try client.send("GET / HTTP/1.1\r\nHost: h\r\nA: \(String(repeating: "b", count: length))\r\n\r\n")
            let reply = try client.reply()
            XCTAssertEqual(reply.status, status)
            XCTAssertEqual(reply.closes, status != 200)
        }
        XCTAssertEqual(server.handled.all.count, 1)
        XCTAssertEqual(server.server.metrics.refusalsTotal["headers_too_large"], 2)
    }

    func testHeadersBeyondTheLibrarysRoom() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try? client.send("GET / HTTP/1.1\r\nHost: h\r\nA: \(String(repeating: "b", count: 100_000))\r\n\r\n")
        XCTAssertEqual(try client.reply().status, 431)
        XCTAssertEqual(server.handled.all, [])
    }

    func testURLTooLong() throws {
        let server = try ServerUnderTest(self)
        for (length, status) in [(8191, 200), (8192, 414), (20_000, 414)] {
            let client = try server.connect()
            try client.send("GET /\(String(repeating: "a", count: length)) HTTP/1.1\r\nHost: h\r\n\r\n")
            XCTAssertEqual(try client.reply().status, status, "\(length)")
        }
        XCTAssertEqual(server.handled.all.count, 1)
    }

    func testTooManyParameters() throws {
        let server = try ServerUnderTest(self)
        for (separators, status) in [(99, 200), (100, 400), (600, 400), (4000, 400)] {
            let client = try server.connect()
            try client.send("GET /?\(String(repeating: "a&", count: separators)) HTTP/1.1\r\nHost: h\r\n\r\n")
            let reply = try client.reply()
            XCTAssertEqual(reply.status, status, "\(separators)")
            guard status != 200 else { continue }
            XCTAssertEqual(reply.body, "bad_request")
            XCTAssertTrue(reply.closes)
            XCTAssertEqual(try client.rest(), "")
        }
        XCTAssertEqual(server.handled.all.count, 1)
        XCTAssertEqual(server.server.metrics.refusalsTotal["bad_request"], 3)
        server.wait(for: 0, of: "connections", \.connections)
    }

    func testTooManyParametersOnAKeptConnection() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try client.reply().body, "GET /a ")
        try client.send("GET /?\(String(repeating: "a&", count: 600)) HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try client.reply().status, 400)
        XCTAssertEqual(try client.rest(), "")
        XCTAssertEqual(server.handled.all, ["GET /a"])
    }

    func testAnnouncedBodyTooLarge() throws {
        let server = try ServerUnderTest(self, configure: { $0.bodyBytesMax = 10 })
        let client = try server.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
        let reply = try client.reply()
        XCTAssertEqual(reply.status, 413)
        XCTAssertTrue(reply.closes)
        XCTAssertTrue(try client.isAtEnd())
        XCTAssertEqual(server.handled.all, [])
    }

    func testChunkedBodyTooLargeIsAnsweredAtItsEnd() throws {
        let server = try ServerUnderTest(self, configure: { $0.bodyBytesMax = 10 })
        let client = try server.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        try client.send("6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n")
        XCTAssertEqual(try client.reply().status, 413)
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabcdefghij")
        XCTAssertEqual(try client.reply().body, "POST / abcdefghij")
    }

    func testBodyFarTooLargeIsAnsweredBeforeItsEnd() throws {
        let server = try ServerUnderTest(self, configure: { $0.bodyBytesMax = 10 })
        let client = try server.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "10000\r\n" + String(repeating: "a", count: 65536) + "\r\n"
        for _ in 0..<24 { try client.send(chunk) }
        let reply = try client.reply()
        XCTAssertEqual(reply.status, 413)
        XCTAssertEqual(reply.body, "body_too_large")
        XCTAssertTrue(reply.closes)
        XCTAssertTrue(try client.isAtEnd())
        XCTAssertEqual(server.handled.all, [])
        XCTAssertEqual(server.server.metrics.refusalsTotal["body_too_large"], 1)
        client.shutdownSending()
        server.wait(for: 0, of: "connections", \.connections)
    }

    func testEndlessBodyIsCutOff() throws {
        let server = try ServerUnderTest(self, configure: { $0.bodyBytesMax = 10 })
        let client = try server.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "10000\r\n" + String(repeating: "a", count: 65536) + "\r\n"
        XCTAssertThrowsError(try { for _ in 0..<1000 { try client.send(chunk) } }())
        XCTAssertEqual(server.handled.all, [])
    }

    func testPeersMaySendMore() throws {
        let server = try ServerUnderTest(
            self,
            configure: {
                $0.bodyBytesMax = 10
                $0.peerBodyBytesMax = 20
            }
        )
        let client = try server.connect()
        try client.send("POST /replicate HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\nabcdefghijabcdefghij")
        XCTAssertEqual(try client.reply().status, 200)
        XCTAssertEqual(server.server.metrics.sum(\.connections, of: .peers), 1)
    }

    func testMemoryForBodiesIsBounded() throws {
        let server = try ServerUnderTest(self, configure: { $0.bodyBytesInFlightMax = 100_000 })
        let first = try server.connect()
        try first.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 90000\r\n\r\na")
        server.wait(for: 90000, of: "body bytes in flight", \.bodyBytesInFlight)
        let second = try server.connect()
        try second.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 90000\r\n\r\n")
        XCTAssertEqual(try second.reply().status, 503)
        let third = try server.connect()
        try third.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n")
        try third.send(String(repeating: "a", count: 65536) + "\r\n0\r\n\r\n")
        XCTAssertEqual(try third.reply().body, "overloaded")
        try first.send(String(repeating: "a", count: 89999))
        XCTAssertEqual(try first.reply().status, 200)
        server.wait(for: 0, of: "body bytes in flight", \.bodyBytesInFlight)
    }

    func testNoPlaceAtAll() throws {
        let server = try ServerUnderTest(
            self,
            configure: {
                $0.connectionsMax = 1
                $0.connectionsReservedForPeers = 0
            }
        )
        let kept = try server.connect()
        server.wait(for: 1, of: "connections", \.connections)
        let surplus = try server.connect()
        XCTAssertEqual(try surplus.reply().body, "too_many_connections")
        XCTAssertTrue(try surplus.isAtEnd())
        try kept.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try kept.reply().status, 200)
    }

    func testNoDescriptorLeft() throws {
        let server = try ServerUnderTest(self)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
        let usual = limit
        let firstFree = open("/dev/null", O_RDONLY)
        close(firstFree)
        limit.rlim_cur = rlim_t(firstFree) + 1
        setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
        defer {
            limit = usual
            setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
        }
        // Takes the last descriptor, so that accepting finds none.
        let client = try server.connect()
        XCTAssertEqual(try client.reply().body, "too_many_connections")
        XCTAssertEqual(server.server.metrics.descriptorShortagesTotal, 1)
        limit = usual
        setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
        let next = try server.connect()
        try next.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try next.reply().status, 200)
    }

    func testTheLargestURLAndHeadersFitTogether() throws {
        let server = try ServerUnderTest(self)
        let client = try server.connect()
        let (path, value) = (String(repeating: "a", count: 8191), String(repeating: "b", count: 16_300))
        try client.send("GET /\(path) HTTP/1.1\r\nHost: h\r\nA: \(value)\r\n\r\n")
        XCTAssertEqual(try client.reply().status, 200)
        let parameters = String(repeating: "\(String(repeating: "a", count: 80))&", count: 99)
        let second = try server.connect()
        try second.send("GET /?\(parameters) HTTP/1.1\r\nHost: h\r\nA: \(value)\r\n\r\n")
        XCTAssertEqual(try second.reply().status, 200)
    }

    func testConnectionLimit() throws {
        let server = try ServerUnderTest(self, configure: { $0.connectionsMax = 2 })
        let kept = try [server.connect(), server.connect()]
        server.wait(for: 2, of: "connections", \.connections)
        let peer = try server.connect()
        try peer.send("POST /replicate HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        XCTAssertEqual(try peer.reply().status, 200)
        server.wait(for: 2, of: "connections", \.connections)
        let surplus = try server.connect()
        try surplus.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let reply = try surplus.reply()
        XCTAssertEqual(reply.status, 503)
        XCTAssertTrue(reply.closes)
        XCTAssertNotNil(reply["date"])
        XCTAssertTrue(try surplus.isAtEnd())
        try kept[0].send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        XCTAssertEqual(try kept[0].rest().prefix(12), "HTTP/1.1 200")
        server.wait(for: 1, of: "connections", \.connections)
        let late = try server.connect()
        try late.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        XCTAssertEqual(try late.reply().status, 200)
        // An optimised build would let go of the connections, and so close them, after their last use above.
        withExtendedLifetime(kept) {}
    }
}
