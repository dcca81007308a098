import SocketTestSupport
import TandemClient
import XCTest

/// `send`: never twice, and honest about what is not known.
final class SendTests: TandemClientTestCase {
    func testSendsOneMessageAndReturnsItAsKept() async throws {
        let node = try node { _, _ in .created(.example(id: 7)) }
        let message = try await client(node.url).send(from: "alice", to: "bob", content: "hello")
        XCTAssertEqual(message, .example(id: 7))
        let request = try XCTUnwrap(node.lastRequest)
        XCTAssertEqual(request.line, "POST /messages HTTP/1.1")
        XCTAssertTrue(request.head.contains("\r\nContent-Type: application/json\r\n"), request.head)
        let body = try JSONDecoder().decode([String: String].self, from: Data(request.body))
        XCTAssertEqual(body, ["sender": "alice", "recipient": "bob", "content": "hello"])
    }

    func testCopiesKeyAndTokenGoAlong() async throws {
        let node = try node { _, _ in .created(.example(id: 7)) }
        let client = client(node.url + "/") { $0.token = "secret" }
        _ = try await client.send(from: "a", to: "b", content: "c", copies: 2, idempotencyKey: "k-1")
        let request = try XCTUnwrap(node.lastRequest)
        XCTAssertEqual(request.line, "POST /messages?copies=2 HTTP/1.1")
        XCTAssertTrue(request.head.contains("\r\nAuthorization: Bearer secret\r\n"), request.head)
        XCTAssertTrue(request.head.contains("\r\nIdempotency-Key: k-1\r\n"), request.head)
    }

    func testRefusalCarriesTheProblem() async throws {
        let node = try node { _, _ in
            .problem(422, "invalid-field", outcome: "not-accepted", members: #","field":"sender""#)
        }
        let client = client(node.url)
        let error = try await failure { () throws(TandemError) in
            try await client.send(from: "", to: "bob", content: "x")
        }
        XCTAssertEqual(error.code, .rejected)
        XCTAssertEqual(error.problem?.status, 422)
        XCTAssertEqual(error.problem?.name, "invalid-field")
        XCTAssertEqual(error.problem?.title, "Title of invalid-field")
        XCTAssertEqual(error.problem?.detail, "Detail.")
        XCTAssertEqual(error.problem?.outcome, .notAccepted)
        XCTAssertEqual(error.problem?.field, "sender")
        XCTAssertEqual(node.lines.count, 1)
    }

    func testNotAcceptedIsSentAgain() async throws {
        let node = try node { number, _ in
            number < 3
                ? .problem(503, "no-primary", outcome: "not-accepted", headers: ["Retry-After: 0"])
                : .created(.example(id: 9))
        }
        let message = try await client(node.url).send(from: "alice", to: "bob", content: "hello")
        XCTAssertEqual(message.id, 9)
        XCTAssertEqual(node.lines.count, 3)
    }

    func testNotAcceptedGoesToTheNextNodeAtOnce() async throws {
        let first = try node { _, _ in
            .problem(503, "no-quorum", outcome: "not-accepted", headers: ["Retry-After: 60"])
        }
        let second = try node { _, _ in .created(.example(id: 9)) }
        let client = client(first.url, second.url)
        _ = try await client.send(from: "alice", to: "bob", content: "hello")
        // The node that answered is kept.
        _ = try await client.send(from: "alice", to: "bob", content: "hello")
        XCTAssertEqual(first.lines.count, 1)
        XCTAssertEqual(second.lines.count, 2)
    }

    func testG6GivesUpWhenTheWaitWouldBeTooLong() async throws {
        let node = try node { _, _ in
            .problem(503, "no-primary", outcome: "not-accepted", headers: ["Retry-After: 60"])
        }
        let client = client(node.url)
        let error = try await failure { () throws(TandemError) in
            try await client.send(from: "alice", to: "bob", content: "hello")
        }
        XCTAssertEqual(error.code, .unavailable)
        XCTAssertEqual(error.problem?.name, "no-primary")
        XCTAssertEqual(node.lines.count, 1)
    }

    func testUnknownOutcomesAreNeverSentAgain() async throws {
        let answers: [ScriptedNode.Answer] = [
            .problem(504, "timed-out", outcome: "unknown"),
            .problem(500, "storage-failure"),
            // Not the cluster's own words: a proxy in between.
            .respond("503 Service Unavailable", body: "<html>"),
            .respond("502 Bad Gateway"),
            .respond("200 OK", headers: ["Content-Type: text/html"], body: "<html>"),
            .hangUp,
        ]
        for answer in answers {
            let first = try node { _, _ in answer }
            let second = try node { _, _ in .created(.example(id: 1)) }
            let client = client(first.url, second.url)
            let error = try await failure { () throws(TandemError) in
                try await client.send(from: "alice", to: "bob", content: "hello", idempotencyKey: "k")
            }
            XCTAssertEqual(error.code, .outcomeUnknown, "\(answer)")
            XCTAssertEqual(first.lines.count, 1, "\(answer)")
            XCTAssertEqual(second.lines.count, 0, "\(answer)")
        }
    }

    func testSilenceAfterTheRequestIsAnUnknownOutcome() async throws {
        let node = try node { _, _ in .silence }
        let client = client(node.url) { $0.attemptTimeout = .milliseconds(60) }
        let error = try await failure { () throws(TandemError) in
            try await client.send(from: "alice", to: "bob", content: "hello")
        }
        XCTAssertEqual(error.code, .outcomeUnknown)
        XCTAssertEqual(node.lines.count, 1)
    }

    func testNodeThatRefusesTheConnectionIsPassedOver() async throws {
        let node = try node { _, _ in .created(.example(id: 3)) }
        let message = try await client(try deadURL(), node.url).send(from: "alice", to: "bob", content: "hello")
        XCTAssertEqual(message.id, 3)
    }

    func testNobodyThere() async throws {
        let client = client(try deadURL(), try deadURL()) { $0.timeout = .milliseconds(120) }
        let error = try await failure { () throws(TandemError) in
            try await client.send(from: "alice", to: "bob", content: "hello")
        }
        XCTAssertEqual(error.code, .unavailable)
        XCTAssertTrue(error.message.contains("refused"), error.message)
        XCTAssertNil(error.problem)
    }

    func testFullDiskIsNotWaitedFor() async throws {
        let node = try node { _, _ in .problem(507, "disk-full", outcome: "not-accepted") }
        let client = client(node.url)
        let error = try await failure { () throws(TandemError) in
            try await client.send(from: "alice", to: "bob", content: "hello")
        }
        XCTAssertEqual(error.code, .unavailable)
        XCTAssertEqual(node.lines.count, 1)
    }

    func testCancelledWhileItWaits() async throws {
        let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
        let node = try node { _, _ in
            continuation.yield()
            return .problem(503, "no-primary", outcome: "not-accepted", headers: ["Retry-After: 8"])
        }
        let client = client(node.url)
        let task = Task { () -> TandemError? in
            do throws(TandemError) {
                _ = try await client.send(from: "alice", to: "bob", content: "hello")
                return nil
            } catch {
                return error
            }
        }
        for await _ in asked { break }
        task.cancel()
        let error = await task.value
        XCTAssertNotNil(error)
        // Cancelled in the pause, nothing is stored; cancelled before the answer was read, nobody knows.
        XCTAssertTrue([.cancelled, .outcomeUnknown].contains(error?.code), "\(String(describing: error))")
    }

    func testClosedClient() async throws {
        let node = try node { _, _ in .created(.example(id: 3)) }
        let client = client(node.url)
        client.close()
        let error = try await failure { () throws(TandemError) in
            try await client.send(from: "alice", to: "bob", content: "hello")
        }
        XCTAssertEqual(error.code, .closed)
    }
}
