import HTTPClient
import HTTPTypes
import SocketTestSupport
import Synchronization
import XCTest

/// Many requests at once, limits, giving up, closing.
final class ConcurrencyTests: HTTPClientTestCase {
    func testConcurrentRequestsGetTheirOwnAnswers() throws {
        let server = try serve { connection in
            while let request = connection.readRequest() { connection.write(Self.echo(request)) }
        }
        let outcomes = (0..<500).map { number in
            let outcome = Outcome()
            let body = Array("number \(number)".utf8)
            client.send(HTTPClientRequest(method: .post, url: server.url, body: body)) { outcome.set($0) }
            return outcome
        }
        for (number, outcome) in outcomes.enumerated() {
            XCTAssertEqual(outcome.wait()?.text, "number \(number)")
        }
        XCTAssertLessThanOrEqual(server.connectionCount, 64)
    }

    private static func echo(_ request: TestConnection.Request) -> [UInt8] {
        Array("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n".utf8) + request.body
    }

    func testConnectionsPerHostAreLimitedAndTheRestWaitsInOrder() throws {
        useClient(HTTPClient(name: "test", connectionsPerHostMax: 2))
        let requests = Requests()
        let server = try serve { connection in
            while let request = connection.readRequest() {
                _ = requests.count(request.line)
                connection.respond(body: request.line)
            }
        }
        let outcomes = (0..<20).map { number in
            let outcome = Outcome()
            client.send(HTTPClientRequest(url: "\(server.url)/\(number)")) { outcome.set($0) }
            return outcome
        }
        for (number, outcome) in outcomes.enumerated() {
            XCTAssertEqual(outcome.wait()?.text, "GET /\(number) HTTP/1.1")
        }
        XCTAssertLessThanOrEqual(server.connectionCount, 2)
    }

    func testWaitingForAConnectionCountsForTheTimeout() throws {
        useClient(HTTPClient(name: "test", connectionsPerHostMax: 1))
        let server = try serve { $0.waitForEnd() }
        let first = Outcome()
        client.send(HTTPClientRequest(url: server.url, timeout: .seconds(60))) { first.set($0) }
        let error = try failure(of: HTTPClientRequest(method: .post, url: server.url, timeout: .milliseconds(50)))
        XCTAssertEqual(error.code, .timedOut)
        XCTAssertFalse(error.mayHaveBeenReceived)
    }

    func testOverloadedAtOnce() throws {
        useClient(HTTPClient(name: "test", pendingMax: 3))
        let release = DispatchSemaphore(value: 0)
        let server = try serve { connection in
            while connection.readRequest() != nil {
                release.wait()
                connection.respond(body: "ok")
            }
        }
        let outcomes = (0..<3).map { _ in
            let outcome = Outcome()
            client.send(HTTPClientRequest(url: server.url)) { outcome.set($0) }
            return outcome
        }
        let completesBeforeReturn = Mutex<HTTPClientError?>(nil)
        client.send(HTTPClientRequest(url: server.url)) { result in completesBeforeReturn.withLock { $0 = result.error }
        }
        let error = try XCTUnwrap(completesBeforeReturn.withLock { $0 })
        XCTAssertEqual(error.code, .overloaded)
        XCTAssertFalse(error.mayHaveBeenReceived)
        for _ in 0..<4 { release.signal() }
        for outcome in outcomes { XCTAssertEqual(outcome.wait()?.text, "ok") }
        XCTAssertEqual(try send(HTTPClientRequest(url: server.url)).text, "ok")
    }

    func testCompletionMaySendTheNext() throws {
        useClient(HTTPClient(name: "test", pendingMax: 1))
        let server = try serve { connection in
            while connection.readRequest() != nil { connection.respond(body: "ok") }
        }
        let last = Outcome()
        @Sendable func next(_ left: Int) {
            client.send(HTTPClientRequest(url: server.url)) { result in
                if left > 0, result.error == nil { next(left - 1) } else { last.set(result) }
            }
        }
        let client = client
        next(50)
        XCTAssertEqual(last.wait()?.text, "ok")
        XCTAssertEqual(server.connectionCount, 1)
    }

    func testCloseFailsWhatIsPending() throws {
        useClient(HTTPClient(name: "test", connectionsPerHostMax: 1))
        let arrived = DispatchSemaphore(value: 0)
        let server = try serve { connection in
            _ = connection.readRequest()
            arrived.signal()
            connection.waitForEnd()
        }
        let running = Outcome()
        let waiting = Outcome()
        client.send(HTTPClientRequest(method: .post, url: server.url, body: [1])) { running.set($0) }
        client.send(HTTPClientRequest(method: .post, url: server.url, body: [1])) { waiting.set($0) }
        XCTAssertEqual(arrived.wait(timeout: .now() + 5), .success)
        client.close()
        let runningError = try XCTUnwrap(running.wait()?.error)
        XCTAssertEqual(runningError.code, .closed)
        XCTAssertTrue(runningError.mayHaveBeenReceived)
        let waitingError = try XCTUnwrap(waiting.wait()?.error)
        XCTAssertEqual(waitingError.code, .closed)
        XCTAssertFalse(waitingError.mayHaveBeenReceived)
        XCTAssertEqual(try failure(of: HTTPClientRequest(url: server.url)).code, .closed)
        client.close()
    }

    func testCloseInACompletion() throws {
        let server = try serve { connection in
            while connection.readRequest() != nil { connection.respond(body: "ok") }
        }
        let outcome = Outcome()
        client.send(HTTPClientRequest(url: server.url)) { [client] result in
            client.close()
            outcome.set(result)
        }
        XCTAssertEqual(outcome.wait()?.text, "ok")
        XCTAssertEqual(try failure(of: HTTPClientRequest(url: server.url)).code, .closed)
    }

    func testClientThatIsDroppedEndsWhatItBegan() throws {
        let server = try serve { $0.waitForEnd() }
        let outcome = Outcome()
        do {
            let dropped = HTTPClient(name: "dropped")
            dropped.send(HTTPClientRequest(url: server.url)) { outcome.set($0) }
        }
        XCTAssertEqual(outcome.wait()?.error?.code, .closed)
    }

    func testCancelledCall() throws {
        let arrived = DispatchSemaphore(value: 0)
        let ended = DispatchSemaphore(value: 0)
        let server = try serve { connection in
            _ = connection.readRequest()
            arrived.signal()
            connection.waitForEnd()
            ended.signal()
        }
        let outcome = Outcome()
        let call = client.begin(HTTPClientRequest(method: .post, url: server.url, body: [1])) { outcome.set($0) }
        XCTAssertEqual(arrived.wait(timeout: .now() + 5), .success)
        call.cancel()
        let error = try XCTUnwrap(outcome.wait()?.error)
        XCTAssertEqual(error.code, .cancelled)
        XCTAssertTrue(error.mayHaveBeenReceived)
        XCTAssertEqual(ended.wait(timeout: .now() + 5), .success, "the connection stays open")
        call.cancel()
    }

    func testAsync() async throws {
        let server = try serve { connection in
            while let request = connection.readRequest() { connection.respond(body: request.line) }
        }
        let response = try await client.send(HTTPClientRequest(url: "\(server.url)/x"))
        XCTAssertEqual(response.text, "GET /x HTTP/1.1")
    }

    func testCancelledTask() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let server = try serve { connection in
            _ = connection.readRequest()
            arrived.yield()
            connection.waitForEnd()
        }
        let task = Task { [client] () -> HTTPClientError? in
            do throws(HTTPClientError) {
                _ = try await client.send(HTTPClientRequest(url: server.url))
                return nil
            } catch {
                return error
            }
        }
        for await _ in arrivals { break }
        task.cancel()
        let error = await task.value
        XCTAssertEqual(error?.code, .cancelled)
    }

    func testTaskCancelledBeforeItSends() async throws {
        let server = try serve { $0.waitForEnd() }
        let error = await Task { [client] () -> HTTPClientError? in
            withUnsafeCurrentTask { $0?.cancel() }
            do throws(HTTPClientError) {
                _ = try await client.send(HTTPClientRequest(url: server.url))
                return nil
            } catch {
                return error
            }
        }.value
        XCTAssertEqual(error?.code, .cancelled)
    }
}
