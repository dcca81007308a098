import Glibc
import HTTPClient
import HTTPTypes
import SocketTestSupport
import XCTest

/// Which error a failed request ends with, and whether it may be sent again.
final class FailureTests: HTTPClientTestCase {
    func testRefused() throws {
        let (descriptor, port) = try Socket.deadPort()
        defer { close(descriptor) }
        for host in ["127.0.0.1", "localhost"] {
            let error = try failure(of: HTTPClientRequest(method: .post, url: "http://\(host):\(port)/x", body: [1]))
            XCTAssertEqual(error.code, .refused)
            XCTAssertFalse(error.mayHaveBeenReceived)
            XCTAssertTrue(error.message.contains("POST http://\(host):\(port)/x"), error.message)
        }
    }

    func testInvalidURLs() throws {
        let urls = [
            "", "/messages", "127.0.0.1:1/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://", "http:///x",
            "http://127.0.0.1:99999/", "http://127.0.0.1:1\0/", "http://u:p@127.0.0.1:1/", "http://127.0.0.1:1/\n",
        ]
        for url in urls {
            let error = try failure(of: HTTPClientRequest(url: url))
            XCTAssertEqual(error.code, .invalidURL, "\(url.debugDescription): \(error)")
            XCTAssertFalse(error.mayHaveBeenReceived)
        }
    }

    func testUnknownNameCouldNotConnect() throws {
        let error = try failure(of: HTTPClientRequest(url: "http://nowhere.invalid/", connectTimeout: .seconds(5)))
        XCTAssertEqual(error.code, .couldNotConnect)
        XCTAssertFalse(error.mayHaveBeenReceived)
    }

    func testConnectTimeout() throws {
        // A listener whose backlog is full answers nobody; it has room for one or two connections.
        let (listener, port) = try Socket.listen(backlog: 0)
        defer { close(listener) }
        let request = HTTPClientRequest(
            method: .post,
            url: "http://127.0.0.1:\(port)/",
            timeout: .milliseconds(300),
            connectTimeout: .milliseconds(100)
        )
        let outcomes = (0..<4).map { _ in
            let outcome = Outcome()
            client.send(request) { outcome.set($0) }
            return outcome
        }
        let errors = try outcomes.map { try XCTUnwrap($0.wait()?.error) }
        XCTAssertTrue(errors.contains { $0.code == .couldNotConnect }, "\(errors)")
        for error in errors {
            XCTAssertEqual(error.mayHaveBeenReceived, error.code == .timedOut, "\(error)")
        }
    }

    func testTimeoutAfterTheRequestWasSent() throws {
        let server = try serve { $0.waitForEnd() }
        let request = HTTPClientRequest(method: .post, url: server.url, body: [1], timeout: .milliseconds(80))
        let start = ContinuousClock.now
        let error = try failure(of: request)
        XCTAssertEqual(error.code, .timedOut)
        XCTAssertTrue(error.mayHaveBeenReceived)
        XCTAssertGreaterThanOrEqual(ContinuousClock.now - start, .milliseconds(80))
    }

    func testStallBeforeAnyAnswer() throws {
        let server = try serve { $0.waitForEnd() }
        let error = try failure(of: HTTPClientRequest(url: server.url, stallTimeout: .milliseconds(60)))
        XCTAssertEqual(error.code, .timedOut)
        XCTAssertTrue(error.mayHaveBeenReceived)
        XCTAssertTrue(error.message.contains("no byte moved"), error.message)
    }

    func testStallWhileTheServerDoesNotRead() throws {
        let stalled = DispatchSemaphore(value: 0)
        let server = try serve { connection in
            _ = connection.readHead()
            stalled.wait()
        }
        defer { stalled.signal() }
        let body = [UInt8](repeating: 1, count: 32 << 20)
        let request = HTTPClientRequest(
            method: .post,
            url: server.url,
            body: body,
            stallTimeout: .milliseconds(150)
        )
        let error = try failure(of: request)
        XCTAssertEqual(error.code, .timedOut)
        XCTAssertTrue(error.mayHaveBeenReceived)
    }

    func testProgressHoldsTheStallTimeoutOff() throws {
        let server = try serve { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
            // The pace of the server is what is tested here, not a wait for anything.
            for _ in 0..<6 {
                usleep(80_000)
                connection.write("x")
            }
        }
        let request = HTTPClientRequest(url: server.url, stallTimeout: .milliseconds(400))
        XCTAssertEqual(try send(request).text, "xxxxxx")
    }

    func testServerClosesInTheMiddleOfTheResponse() throws {
        let server = try serve { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        }
        let error = try failure(of: HTTPClientRequest(url: server.url))
        XCTAssertEqual(error.code, .connectionLost)
        XCTAssertTrue(error.mayHaveBeenReceived)
    }

    func testServerClosesBeforeAnyAnswer() throws {
        let server = try serve { _ = $0.readRequest() }
        let error = try failure(of: HTTPClientRequest(method: .post, url: server.url, body: [1]))
        XCTAssertEqual(error.code, .connectionLost)
        XCTAssertTrue(error.mayHaveBeenReceived)
        XCTAssertEqual(server.connectionCount, 1)
    }

    func testAnswerThatIsNotHTTP() throws {
        let server = try serve { connection in
            _ = connection.readRequest()
            connection.write("220 smtp.example.org ready\r\n")
        }
        let error = try failure(of: HTTPClientRequest(url: server.url))
        XCTAssertEqual(error.code, .connectionLost)
        XCTAssertTrue(error.mayHaveBeenReceived)
    }

    func testResponseTooLarge() throws {
        let server = try serve { connection in
            while let request = connection.readRequest() {
                let isChunked = request.line.contains("/chunked")
                if isChunked {
                    connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n")
                } else {
                    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n")
                }
                connection.write([UInt8](repeating: 120, count: 101))
                if isChunked { connection.write("\r\n0\r\n\r\n") }
            }
        }
        for path in ["/chunked", "/length"] {
            let error = try failure(of: HTTPClientRequest(url: server.url + path, responseBytesMax: 100))
            XCTAssertEqual(error.code, .responseTooLarge)
            XCTAssertTrue(error.mayHaveBeenReceived)
            XCTAssertEqual(
                try send(HTTPClientRequest(url: server.url + path, responseBytesMax: 101)).get().body.count,
                101
            )
        }
    }

    func testHeadTooLarge() throws {
        let server = try serve { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n")
            for _ in 0..<100 { connection.write("X: \(String(repeating: "x", count: 1000))\r\n") }
            connection.write("Content-Length: 0\r\n\r\n")
        }
        XCTAssertEqual(try failure(of: HTTPClientRequest(url: server.url)).code, .responseTooLarge)
    }
}
