import HTTPClient
import HTTPTypes
import SocketTestSupport
import Synchronization
import XCTest

/// Kept-alive connections: when they are used again, and what happens when they end.
final class ConnectionReuseTests: HTTPClientTestCase {
    func testRequestsInARowShareAConnection() throws {
        let server = try serve { connection in
            while connection.readRequest() != nil { connection.respond(body: "ok") }
        }
        for _ in 0..<20 {
            XCTAssertEqual(try send(HTTPClientRequest(method: .post, url: server.url, body: [1])).text, "ok")
        }
        XCTAssertEqual(server.connectionCount, 1)
    }

    func testConnectionCloseIsObeyed() throws {
        let server = try serve { connection in
            _ = connection.readRequest()
            connection.respond(headers: ["Connection: close"], body: "bye")
        }
        for _ in 0..<3 { XCTAssertEqual(try send(HTTPClientRequest(url: server.url)).text, "bye") }
        XCTAssertEqual(server.connectionCount, 3)
    }

    func testServerClosedTheIdleConnection() throws {
        let closed = DispatchSemaphore(value: 0)
        let server = try serve { connection in
            _ = connection.readRequest()
            connection.respond(body: "once")
            connection.close()
            closed.signal()
        }
        for _ in 0..<3 {
            let response = try send(HTTPClientRequest(method: .post, url: server.url, body: [1]))
            XCTAssertEqual(response.text, "once")
            XCTAssertEqual(closed.wait(timeout: .now() + 5), .success)
        }
        XCTAssertEqual(server.connectionCount, 3)
    }

    /// The second request of the first connection is read and then dropped, with the connection.
    private func serveDroppingSecondRequest(byReset: Bool) throws -> (TestServer, Requests) {
        let requests = Requests()
        let server = try serve { connection in
            while let request = connection.readRequest() {
                if requests.count(request.line) == 2 { return byReset ? connection.reset() : () }
                connection.respond(body: "ok")
            }
        }
        return (server, requests)
    }

    func testUnrepeatableRequestIsNeverSentTwice() throws {
        for byReset in [false, true] {
            let (server, requests) = try serveDroppingSecondRequest(byReset: byReset)
            for size in [3, 40_000] {
                requests.forget()
                let request = HTTPClientRequest(
                    method: .post,
                    url: server.url,
                    body: [UInt8](repeating: 1, count: size)
                )
                XCTAssertEqual(try send(request).text, "ok")
                let error = try failure(of: request)
                XCTAssertEqual(error.code, .connectionLost)
                XCTAssertTrue(error.mayHaveBeenReceived)
                XCTAssertEqual(requests.total, 2, "the server got a request again")
            }
        }
    }

    func testRepeatableRequestIsSentAgain() throws {
        for byReset in [false, true] {
            for size in [3, 40_000] {
                let (server, requests) = try serveDroppingSecondRequest(byReset: byReset)
                let body = [UInt8](repeating: 1, count: size)
                let request = HTTPClientRequest(method: .post, url: server.url, body: body, isRepeatable: true)
                XCTAssertEqual(try send(request).text, "ok")
                XCTAssertEqual(try send(request).text, "ok")
                XCTAssertEqual(requests.total, 3)
            }
        }
    }

    func testServerDiesWithTheRequest() throws {
        // The connection was alive, the request went out, then the process was gone: refused now, but sent before.
        let (listener, port) = try Socket.listen()
        let answered = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            let connection = TestConnection(accept(listener, nil, nil))
            _ = connection.readRequest()
            connection.respond(body: "ok")
            _ = connection.readRequest()
            close(listener)
            connection.close()
            answered.signal()
        }
        let request = HTTPClientRequest(method: .post, url: "http://127.0.0.1:\(port)/", body: [1])
        XCTAssertEqual(try send(request).text, "ok")
        let error = try failure(of: request)
        XCTAssertEqual(error.code, .refused)
        XCTAssertTrue(error.mayHaveBeenReceived)
        XCTAssertEqual(answered.wait(timeout: .now() + 5), .success)
    }
}

/// Counts what reached a server.
final class Requests: Sendable {
    private let lines = Mutex<[String]>([])

    func count(_ line: String) -> Int {
        lines.withLock { lines in
            lines.append(line)
            return lines.count
        }
    }

    func forget() { lines.withLock { $0 = [] } }

    var total: Int { lines.withLock(\.count) }
}
