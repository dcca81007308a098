import GatewayTestSupport
import HTTPServer
import HTTPTypes
import Raft
import XCTest

@testable import Cluster
@testable import Gateway

/// `/status`, `/livez`, `/readyz`, and shutting down.
class OperationTests: GatewayTestCase {
    func testStatusOfAPrimary() async throws {
        replica.store("one")
        replica.update { state in
            state.status.clusterID = ClusterID(high: 1, low: 2)
            state.status.term = 3
            (state.status.lastIndex, state.status.commitIndex) = (9, 8)
            (state.status.firstID, state.status.lastID, state.status.messageCount) = (1, 1, 1)
            state.status.hlc = FakeReplica.stamp(of: 1)
            state.status.members[1].matchIndex = 8
            state.status.members[1].lagEntries = 1
            state.status.members[1].lastContactMilliseconds = 20
            state.status.members[1].clockOffsetMilliseconds = -1.5
            state.status.members[1].reachable = true
            state.status.kernelClock = KernelClock(
                isSynchronized: true,
                offsetMilliseconds: 0.25,
                maxErrorMilliseconds: 7
            )
            (state.status.storageBytes, state.status.freeBytes, state.status.fsyncMillisecondsP99) = (100, 200, 0.5)
            state.status.health.lost = [4...5]
            (state.status.health.scrubs, state.status.health.repaired) = (3, 4)
            state.status.problems = [.init(name: .diskFull, detail: "Make room.")]
        }
        let reply = try await ask(.get, "/status")
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(reply.header("Cache-Control"), "no-store")
        let text = reply.text.replacing(#/"uptimeSeconds":\d+/#, with: #""uptimeSeconds":0"#)
        XCTAssertEqual(
            text,
            #"{"appliedIndex":1,"#
                + #""clock":{"hlc":"018bcfe568010000","maxErrorMs":7,"offsetMs":0.25,"synchronized":true},"#
                + #""cluster":{"epoch":0,"id":"00000000000000010000000000000002"},"commitIndex":8,"degraded":false,"#
                + #""firstId":1,"lastId":1,"lastIndex":9,"leader":{"id":"a","url":"http://127.0.0.1:12345"},"#
                + #""members":["#
                + #"{"clockOffsetMs":null,"id":"a","kind":"voter","lagEntries":null,"lastContactMs":null,"#
                + #""matchIndex":null,"reachable":null,"url":"http://a:1"},"#
                + #"{"clockOffsetMs":-1.5,"id":"b","kind":"voter","lagEntries":1,"lastContactMs":20,"#
                + #""matchIndex":8,"reachable":true,"url":"http://b:1"}],"messages":1,"#
                + #""node":{"id":"a","incarnation":"0000000000000000","kind":"voter","uptimeSeconds":0,"#
                + #""url":"http://127.0.0.1:12345","version":"1.2.3"},"#
                + #""problems":[{"detail":"Make room.","name":"disk-full"}],"role":"primary","state":"leader","#
                + #""storage":{"bytes":100,"damagedEntries":2,"freeBytes":200,"fsyncMsP99":0.5,"repairedEntries":4,"#
                + #""scrubs":3},"term":3}"#
        )
    }

    func testStatusOfANodeThatIsForming() async throws {
        replica.update { state in
            state.status = ReplicaStatus(nodeID: "b", url: "http://b:1", kind: .voter, role: .forming)
            state.status.fsyncMillisecondsP99 = .nan
        }
        let body = try await ask(.get, "/status").object()
        XCTAssertEqual(body["role"] as? String, "backup")
        XCTAssertEqual(body["state"] as? String, "forming")
        XCTAssertTrue(body["leader"] is NSNull)
        XCTAssertTrue(body["lastId"] is NSNull)
        XCTAssertTrue((body["storage"] as? [String: any Sendable])?["fsyncMsP99"] is NSNull)
    }

    func testStatusNamesEveryKindAndState() async throws {
        let cases: [(Membership.Member.Kind, ReplicaStatus.Role, String, String)] = [
            (.voter, .follower, "backup", "follower"), (.voter, .candidate, "backup", "candidate"),
            (.voter, .preCandidate, "backup", "candidate"), (.learner, .follower, "learner", "follower"),
            (.witness, .follower, "witness", "follower"),
        ]
        for (kind, role, expectedRole, expectedState) in cases {
            replica.update { ($0.status.kind, $0.status.role) = (kind, role) }
            let body = try await ask(.get, "/status").object()
            XCTAssertEqual(body["role"] as? String, expectedRole)
            XCTAssertEqual(body["state"] as? String, expectedState)
        }
    }

    func testANodeThatServesIsReady() async throws {
        let short = try await ask(.get, "/readyz")
        XCTAssertEqual(short.status, 200)
        XCTAssertEqual(short.text, "ok\n")
        XCTAssertEqual(short.header("Content-Type"), "text/plain; charset=utf-8")
        let verbose = try await ask(.get, "/readyz?verbose")
        XCTAssertEqual(verbose.text, "[+]running ok\n[+]formed ok\n[+]whole ok\n[+]leader ok\n[+]caught-up ok\n")
    }

    func testANodeWithoutAPrimaryIsNotReadyButLives() async throws {
        replica.update { ($0.status.leader, $0.status.isReady) = (nil, false) }
        let ready = try await ask(.get, "/readyz")
        XCTAssertEqual(ready.status, 503)
        XCTAssertEqual(
            ready.text,
            "[+]running ok\n[+]formed ok\n[+]whole ok\n[-]leader failed: no primary is known\n"
                + "[-]caught-up failed: the node is behind or just elected\n"
        )
        let live = try await ask(.get, "/livez")
        XCTAssertEqual(live.status, 200)
        XCTAssertEqual(live.text, "ok\n")
        let verbose = try await ask(.get, "/livez?verbose")
        XCTAssertEqual(verbose.text, "[+]process ok\n")
    }

    func testANodeThatRepairsItsLogIsNotReady() async throws {
        replica.update { $0.status.health.lost = [7...9] }
        let ready = try await ask(.get, "/readyz")
        XCTAssertEqual(ready.status, 503)
        XCTAssertTrue(ready.text.contains("[-]whole failed: parts of the log are damaged\n"), ready.text)
        replica.update { state in
            state.readFailure = .repairing
            state.readOutcomes = [.readable(through: 1)]
        }
        let refusedRead = try await ask(.get, "/messages")
        try assertProblem(refusedRead, 503, "repairing")
        replica.update { $0.writeOutcomes = [.notAccepted(.repairing)] }
        let refusedWrite = try await send()
        try assertProblem(refusedWrite, 503, "repairing", outcome: "not-accepted")
    }

    func testANodeWhoseHistoryIsNotTheOthersServesNoMessages() async throws {
        replica.store("one")
        replica.update { $0.status.historyDiffers = true }
        let ready = try await ask(.get, "/readyz")
        XCTAssertEqual(ready.status, 503)
        XCTAssertTrue(ready.text.contains("[-]whole failed: the node's history is not known"), ready.text)
        for path in ["/messages", "/messages?consistency=stale", "/messages/1", "/messages/1?consistency=stale"] {
            let refused = try await ask(.get, path)
            try assertProblem(refused, 503, "history-differs")
        }
        replica.update { $0.status.historyDiffers = false }
        let served = try await ask(.get, "/messages/1?consistency=stale")
        XCTAssertEqual(served.status, 200)
    }

    func testAnExcludedCheckDoesNotCount() async throws {
        replica.update { $0.status.leader = nil }
        let reply = try await ask(.get, "/readyz?exclude=leader&verbose")
        XCTAssertEqual(reply.status, 200)
        XCTAssertTrue(reply.text.contains("[+]leader excluded: ok\n"), reply.text)
        replica.update { $0.status.isReady = false }
        let reply1 = try await ask(.get, "/readyz?exclude=leader")
        XCTAssertEqual(reply1.status, 503)
        let reply2 = try await ask(.get, "/readyz?exclude=leader&exclude=caught-up")
        XCTAssertEqual(reply2.status, 200)
    }

    func testVersion() async throws {
        let reply = try await ask(.get, "/version")
        XCTAssertEqual(reply.text, #"{"name":"tandem","version":"1.2.3"}"#)
    }

    func testEveryProblemIsExplained() async throws {
        for type in ProblemType.allCases {
            let reply = try await ask(.get, type.path)
            XCTAssertEqual(reply.status, 200)
            XCTAssertEqual(reply.header("Content-Type"), "text/markdown; charset=utf-8")
            for part in ["# \(type.title)\n", "status \(type.status.code)", "What it means.", "What to do."] {
                XCTAssertTrue(reply.text.contains(part), "\(part) is not in \(reply.text)")
            }
        }
        try assertProblem(try await ask(.get, "/problems/luck"), 404, "no-such-problem")
    }

    func testEverythingThatStatusComplainsOfHasAPage() async throws {
        for name in ReplicaStatus.Problem.Name.allCases {
            let reply = try await ask(.get, "/problems/\(name.rawValue)")
            XCTAssertEqual(reply.status, 200)
            for part in ["`/problems/\(name.rawValue)`", "What it means.", "What to do."] {
                XCTAssertTrue(reply.text.contains(part), "\(part) is not in \(reply.text)")
            }
        }
    }

    func testTitlesDiffer() {
        XCTAssertEqual(Set(ProblemType.allCases.map(\.title)).count, ProblemType.allCases.count)
    }
}

/// The same over a socket.
final class LiveOperationTests: OperationTests {
    override class var isLive: Bool { true }
}

/// What a node on its way down does.
final class StoppingTests: GatewayTestCase {
    func testIsNotReady() async throws {
        lifecycle.stop()
        let reply = try await ask(.get, "/readyz")
        XCTAssertEqual(reply.status, 503)
        XCTAssertTrue(reply.text.hasPrefix("[-]running failed: the node is shutting down\n"), reply.text)
        let reply3 = try await ask(.get, "/livez")
        XCTAssertEqual(reply3.status, 200)
    }

    func testTakesNoWritesAndEndsTheConnection() async throws {
        lifecycle.stop()
        try assertProblem(try await send(), 503, "stopping", outcome: "not-accepted")
        let exchange = try exchange(.post, "/messages", Self.json, bytes: Array(Self.draft.utf8))
        XCTAssertEqual(exchange.response?.closesConnection, true)
        XCTAssertEqual(replica.read(\.proposals), [])
    }

    func testStillAnswersReads() async throws {
        lifecycle.stop()
        let reply4 = try await ask(.get, "/messages")
        XCTAssertEqual(reply4.status, 200)
    }
}
