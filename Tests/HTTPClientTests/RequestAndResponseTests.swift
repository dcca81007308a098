import Glibc
import HTTPClient
import HTTPTypes
import SocketTestSupport
import XCTest

/// What goes over the wire, and what comes back.
final class RequestAndResponseTests: HTTPClientTestCase {
    func testSendsExactlyWhatTheRequestSays() throws {
        let server = try serve { connection in
            while let request = connection.readRequest() {
                connection.respond(body: request.head + String(decoding: request.body, as: UTF8.self))
            }
        }
        let headers: HTTPFields = [.contentType: "application/json", .authorization: "Bearer x"]
        let request = HTTPClientRequest(
            method: .post,
            url: "\(server.url)/a/../b?x=1&y=%20",
            headers: headers,
            body: Array("{}".utf8)
        )
        let expected = """
            POST /a/../b?x=1&y=%20 HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n\
            Content-Type: application/json\r\nAuthorization: Bearer x\r\nContent-Length: 2\r\n\r\n{}
            """
        XCTAssertEqual(try send(request).text, expected)
    }

    func testMethodsWithAndWithoutBody() throws {
        let server = try serve { connection in
            while let request = connection.readRequest() {
                let length = request.head.contains("Content-Length: ") ? "\(request.body.count)" : "none"
                connection.respond(body: "\(request.line.prefix { $0 != " " }) \(length)")
            }
        }
        let cases: [(HTTPRequest.Method, String, String)] = [
            (.get, "", "GET none"), (.post, "", "POST 0"), (.post, "abc", "POST 3"), (.put, "ab", "PUT 2"),
            (.delete, "", "DELETE none"), (.delete, "a", "DELETE 1"), (.get, "", "GET none"), (.put, "", "PUT 0"),
            (.options, "", "OPTIONS none"), (.get, "xyz", "GET 3"), (.patch, "q", "PATCH 1"), (.get, "", "GET none"),
        ]
        for (method, body, expected) in cases {
            let request = HTTPClientRequest(method: method, url: server.url, body: Array(body.utf8))
            XCTAssertEqual(try send(request).text, expected)
        }
        XCTAssertEqual(server.connectionCount, 1)
    }

    func testHeadHasNoBodyAndKeepsItsConnection() throws {
        let server = try serve { connection in
            while let request = connection.readRequest() {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
                if !request.line.hasPrefix("HEAD") { connection.write("hello") }
            }
        }
        let head = try send(HTTPClientRequest(method: .head, url: server.url)).get()
        XCTAssertEqual(head.headers[.contentLength], "5")
        XCTAssertEqual(head.body, [])
        XCTAssertEqual(try send(HTTPClientRequest(url: server.url)).text, "hello")
        XCTAssertEqual(server.connectionCount, 1)
    }

    func testParsesHeadersAndSkipsInvalidOnes() throws {
        let server = try serve { connection in
            _ = connection.readRequest()
            connection.write(
                """
                HTTP/1.1 299 Fine\r\nX-Two:  a b \t\r\nx-two: c\r\nEmpty:\r\nBad Name: x\r\n: nothing\r\n\
                Link: </x>; rel="next"\r\nContent-Length: 0\r\n\r\n
                """
            )
        }
        let response = try send(HTTPClientRequest(url: server.url)).get()
        XCTAssertEqual(response.status.code, 299)
        let names = response.headers.map { "\($0.name.rawName)=\($0.value)" }
        XCTAssertEqual(names, ["X-Two=a b", "x-two=c", "Empty=", "Link=</x>; rel=\"next\"", "Content-Length=0"])
    }

    func testInterimResponsesAndTrailersAreNotPartOfTheHead() throws {
        let server = try serve { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n")
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Real: 1\r\n\r\n")
            connection.write("3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n")
        }
        let response = try send(HTTPClientRequest(url: server.url)).get()
        XCTAssertEqual(response.text, "abcde")
        XCTAssertEqual(response.headers.map(\.name.rawName), ["Transfer-Encoding", "X-Real"])
    }

    func testFramingFieldsOfTheCallerAreLeftOut() throws {
        let server = try serve { connection in
            while let request = connection.readRequest() { connection.respond(body: request.head) }
        }
        var headers: HTTPFields = [.contentLength: "99", .transferEncoding: "chunked", .expect: "100-continue"]
        headers[.init("X-Empty") ?? .accept] = ""
        let request = HTTPClientRequest(method: .post, url: server.url, headers: headers, body: [1])
        let expected = """
            POST / HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nX-Empty:\r\nContent-Length: 1\r\n\r\n
            """
        XCTAssertEqual(try send(request).text, expected)
    }

    func testLargeBodiesBothWays() throws {
        let server = try serve { connection in
            while let request = connection.readRequest() {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
                connection.write(request.body)
            }
        }
        // Around the size up to which a body goes out with the head, and far above it.
        for size in [(16 << 10) - 1, 16 << 10, (16 << 10) + 1, (64 << 10) + 1, 5 << 20] {
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let request = HTTPClientRequest(method: .post, url: server.url, body: body)
            let response = try send(request).get()
            XCTAssertTrue(response.body == body, "body of \(size) bytes came back changed")
        }
        XCTAssertEqual(server.connectionCount, 1)
    }

    func testResponseThatEndsWithTheConnection() throws {
        let server = try serve { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\r\nuntil the end")
        }
        XCTAssertEqual(try send(HTTPClientRequest(url: server.url)).text, "until the end")
    }

    func testErrorStatusesAreResponses() throws {
        let server = try serve { connection in
            while connection.readRequest() != nil {
                connection.respond("503 Service Unavailable", headers: ["Retry-After: 1"], body: "later")
            }
        }
        let response = try send(HTTPClientRequest(method: .post, url: server.url, body: [1])).get()
        XCTAssertEqual(response.status.code, 503)
        XCTAssertEqual(response.headers[.retryAfter], "1")
        XCTAssertEqual(response.text, "later")
    }

    func testRedirectsAreFollowedOnlyIfAsked() throws {
        let server = try serve { connection in
            while let request = connection.readRequest() {
                if request.line.contains("/start") {
                    connection.respond("307 Temporary Redirect", headers: ["Location: /end"], body: "go")
                } else {
                    connection.respond(body: "\(request.line) \(request.body.count)")
                }
            }
        }
        var request = HTTPClientRequest(
            method: .post,
            url: "\(server.url)/start",
            body: [UInt8](repeating: 1, count: 40_000)
        )
        XCTAssertEqual(try send(request).get().status.code, 307)
        request.redirectsMax = 1
        XCTAssertEqual(try send(request).text, "POST /end HTTP/1.1 40000")
    }

    func testTooManyRedirects() throws {
        let server = try serve { connection in
            while connection.readRequest() != nil { connection.respond("302 Found", headers: ["Location: /again"]) }
        }
        let error = try failure(of: HTTPClientRequest(url: server.url, redirectsMax: 2))
        XCTAssertEqual(error.code, .connectionLost)
        XCTAssertTrue(error.message.contains("more than 2 redirects"), error.message)
    }

    func testProxiesOfTheEnvironmentAreIgnored() throws {
        let (descriptor, port) = try Socket.deadPort()
        let names = ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"]
        for name in names { setenv(name, "http://127.0.0.1:\(port)", 1) }
        defer {
            for name in names { unsetenv(name) }
            close(descriptor)
        }
        let server = try serve { connection in
            while let request = connection.readRequest() { connection.respond(body: request.line) }
        }
        XCTAssertEqual(try send(HTTPClientRequest(url: server.url)).text, "GET / HTTP/1.1")
        XCTAssertEqual(PortProbe.probe(url: server.url, timeout: .seconds(5)), .connected)
    }

    func testIPv6Loopback() throws {
        let server: TestServer
        do {
            server = try serve(isIPv6: true) { connection in
                while connection.readRequest() != nil { connection.respond(body: "six") }
            }
        } catch {
            throw XCTSkip("no IPv6 loopback here: \(error)")
        }
        XCTAssertEqual(try send(HTTPClientRequest(url: server.url)).text, "six")
    }
}
