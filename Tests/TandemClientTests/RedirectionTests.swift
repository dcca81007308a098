import SocketTestSupport
import Synchronization
import TandemClient
import XCTest

/// Nodes that name the primary instead of asking it themselves.
final class RedirectionTests: TandemClientTestCase {
    func testRedirectIsFollowedAndThePrimaryKept() async throws {
        let primary = try node { number, _ in .created(.example(id: UInt64(number))) }
        let backup = try node { _, _ in
            .respond("307 Temporary Redirect", headers: ["Location: \(primary.url)/messages"])
        }
        let client = client(backup.url)
        for id in 1...3 {
            let message = try await client.send(from: "alice", to: "bob", content: "hello")
            XCTAssertEqual(message.id, UInt64(id))
        }
        XCTAssertEqual(backup.lines.count, 1)
        XCTAssertEqual(primary.lines.count, 3)
    }

    func testRejectionThatNamesThePrimaryIsFollowed() async throws {
        let primary = try node { _, _ in .created(.example(id: 1)) }
        let backup = try node { _, _ in
            let members = #","primary":{"id":"a","url":"\#(primary.url)"}"#
            return .problem(421, "not-primary", outcome: "not-accepted", members: members)
        }
        let message = try await client(backup.url).send(from: "alice", to: "bob", content: "x", copies: 2)
        XCTAssertEqual(message.id, 1)
        XCTAssertEqual(primary.lines, ["POST /messages?copies=2 HTTP/1.1"])
    }

    func testOtherMisdirectedRequestsAreRefusals() async throws {
        let node = try node { _, _ in .problem(421, "unknown-host", outcome: "not-accepted") }
        let client = client(node.url)
        let error = try await failure { () throws(TandemError) in
            try await client.send(from: "alice", to: "bob", content: "x")
        }
        XCTAssertEqual(error.code, .rejected)
        XCTAssertEqual(node.lines.count, 1)
    }

    func testNodesThatDisagreeAreAskedAgainAfterAPause() async throws {
        // Both redirect to each other until the third request to the first, as after an election.
        let secondURL = Mutex("")
        let first = try node { number, _ in
            number < 3
                ? .respond("307 Temporary Redirect", headers: ["Location: \(secondURL.withLock { $0 })/messages"])
                : .created(.example(id: 5))
        }
        let second = try node { _, _ in
            .respond("307 Temporary Redirect", headers: ["Location: \(first.url)/messages"])
        }
        secondURL.withLock { $0 = second.url }
        let message = try await client(first.url, second.url).send(from: "alice", to: "bob", content: "x")
        XCTAssertEqual(message.id, 5)
        XCTAssertLessThanOrEqual(first.lines.count + second.lines.count, 6)
    }

    func testKeptPrimaryThatDiesIsReplaced() async throws {
        let dead = try deadURL()
        let node = try node { number, _ in
            number == 1
                ? .respond("307 Temporary Redirect", headers: ["Location: \(dead)/messages"])
                : .created(.example(id: 2))
        }
        let message = try await client(node.url).send(from: "alice", to: "bob", content: "x")
        XCTAssertEqual(message.id, 2)
    }

    func testForeignRedirectIsNotFollowed() async throws {
        let node = try node { _, _ in .respond("302 Found", headers: ["Location: http://example.invalid/"]) }
        let client = client(node.url)
        let error = try await failure { () throws(TandemError) in try await client.status() }
        XCTAssertEqual(error.code, .invalidResponse)
        XCTAssertEqual(node.lines.count, 1)
    }
}
