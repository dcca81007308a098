import SocketTestSupport
import TandemClient
import XCTest

final class StatusTests: TandemClientTestCase {
    private static let full = """
        {"node":{"id":"a","url":"http://127.0.0.1:12345","kind":"voter","version":"1.0.0","uptimeSeconds":17},\
        "cluster":{"id":"c0ffee","epoch":0},"role":"primary","state":"leader","term":3,\
        "leader":{"id":"a","url":"http://127.0.0.1:12345"},"lastIndex":12,"commitIndex":11,"appliedIndex":10,\
        "firstId":2,"lastId":10,"messages":8,"degraded":true,\
        "members":[{"id":"b","url":"http://127.0.0.1:12346","kind":"witness","matchIndex":9,"lagEntries":3,\
        "lastContactMs":40,"clockOffsetMs":-0.5,"reachable":false}],\
        "clock":{"hlc":"019f0c2d4e5f0001","synchronized":true,"offsetMs":0.25,"maxErrorMs":1.5},\
        "storage":{"bytes":4096,"freeBytes":1000000,"fsyncMsP99":0.3,"scrubs":7,\
        "damagedEntries":1,"repairedEntries":2},\
        "problems":[{"name":"degraded","detail":"One copy."}]}
        """

    private static let forming = """
        {"node":{"id":"a","url":"http://127.0.0.1:12345","kind":"voter","version":"1.0.0","uptimeSeconds":0},\
        "cluster":{"id":null,"epoch":0},"role":"backup","state":"forming","term":0,"leader":null,"lastIndex":0,\
        "commitIndex":0,"appliedIndex":0,"firstId":null,"lastId":null,"messages":0,"degraded":false,\
        "members":[{"id":"b","url":"http://127.0.0.1:12346","kind":"voter","matchIndex":null,"lagEntries":null,\
        "lastContactMs":null,"clockOffsetMs":null,"reachable":null}],\
        "clock":{"hlc":"0000000000000000","synchronized":null,"offsetMs":null,"maxErrorMs":null},\
        "storage":{"bytes":0,"freeBytes":null,"fsyncMsP99":null,"scrubs":0,\
        "damagedEntries":0,"repairedEntries":0},"problems":[]}
        """

    func testFullStatus() async throws {
        let node = try node { _, _ in .json(Self.full) }
        let status = try await client(node.url).status()
        XCTAssertEqual(status.node.uptimeSeconds, 17)
        XCTAssertEqual(status.cluster.id, "c0ffee")
        XCTAssertEqual(status.role, "primary")
        XCTAssertEqual(status.leader?.url, "http://127.0.0.1:12345")
        XCTAssertEqual([status.lastIndex, status.commitIndex, status.appliedIndex], [12, 11, 10])
        XCTAssertEqual([status.firstId, status.lastId], [2, 10])
        XCTAssertTrue(status.degraded)
        XCTAssertEqual(status.members.first?.clockOffsetMs, -0.5)
        XCTAssertEqual(status.members.first?.reachable, false)
        XCTAssertEqual(status.clock.hlc.description, "019f0c2d4e5f0001")
        XCTAssertEqual(status.storage.fsyncMsP99, 0.3)
        XCTAssertEqual(status.storage.scrubs, 7)
        XCTAssertEqual(status.storage.damagedEntries, 1)
        XCTAssertEqual(status.storage.repairedEntries, 2)
        XCTAssertEqual(status.problems.map(\.name), ["degraded"])
    }

    func testWhatIsNotKnownIsNil() async throws {
        let node = try node { _, _ in .json(Self.forming) }
        let status = try await client(node.url).status()
        XCTAssertNil(status.cluster.id)
        XCTAssertNil(status.leader)
        XCTAssertNil(status.firstId)
        XCTAssertNil(status.members.first?.lastContactMs)
        XCTAssertNil(status.clock.synchronized)
        XCTAssertNil(status.storage.freeBytes)
    }

    func testEncodesWhatItDecodes() throws {
        let status = try JSONDecoder().decode(ClusterStatus.self, from: Data(Self.full.utf8))
        let copy = try JSONDecoder().decode(ClusterStatus.self, from: JSONEncoder().encode(status))
        XCTAssertEqual(copy, status)
    }

    func testStatusOfOneNodeAsksOnlyThatOneAndOnce() async throws {
        let other = try node { _, _ in .json(Self.full) }
        let asked = try node { number, _ in number == 1 ? .json(Self.forming) : .problem(503, "stopping") }
        let client = client(other.url)
        let status = try await client.status(of: asked.url + "/")
        XCTAssertEqual(status.state, "forming")
        let error = try await failure { () throws(TandemError) in try await client.status(of: asked.url) }
        XCTAssertEqual(error.code, .unavailable)
        XCTAssertEqual(error.problem?.name, "stopping")
        let dead = try deadURL()
        let refused = try await failure { () throws(TandemError) in try await client.status(of: dead) }
        XCTAssertEqual(refused.code, .unavailable)
        XCTAssertEqual(asked.lines.count, 2)
        XCTAssertEqual(other.lines.count, 0)
    }

    func testVersion() async throws {
        let node = try node { _, request in
            request.line.hasPrefix("GET /version ") ? .json(#"{"name":"tandem","version":"1.2.3"}"#) : .hangUp
        }
        let version = try await client(node.url).version()
        XCTAssertEqual(version, "1.2.3")
    }

    func testSomethingElseAnswers() async throws {
        let node = try node { _, _ in .json(#"{"status":"ok"}"#) }
        let client = client(node.url)
        let error = try await failure { () throws(TandemError) in try await client.status() }
        XCTAssertEqual(error.code, .invalidResponse)
    }
}
