import GatewayTestSupport
import Glibc
import HTTPClient
import HTTPServer
import HTTPTypes
import Logging
import Messaging
import Raft
import SocketTestSupport
import XCTest

@testable import Cluster
@testable import Gateway

/// Two nodes of this machine: one passes on to the other over a real connection.
final class ForwardingTests: XCTestCase {
    private let (backup, primary) = (FakeReplica(), FakeReplica())
    private let client = HTTPClient(name: "test")
    private var gateways: [Gateway] = []
    private var primaryURL = ""
    private var backupURL = ""

    override func setUp() async throws {
        primaryURL = try start(primary)
        backupURL = try start(backup)
        backup.update { $0.status.nodeID = "b" }
    }

    override func tearDown() async throws {
        client.close()
        for gateway in gateways {
            gateway.drain(grace: .seconds(2))
            gateway.stop()
        }
    }

    private func start(_ replica: FakeReplica) throws -> String {
        let configuration = GatewayConfiguration(
            server: HTTPServerConfiguration(),
            advertisedURL: "http://node.example:1",
            version: "1.2.3",
            hold: .milliseconds(300),
            forwardRetryInterval: .milliseconds(10)
        )
        let gateway = Gateway(configuration: configuration, service: replica, logger: Logger(label: "test"))
        gateways.append(gateway)
        return "http://127.0.0.1:\(try gateway.start())"
    }

    private func pointBackup(at url: String, times: Int = 1) {
        let reason = NotAccepted.notPrimary(Primary(id: "a", url: url))
        backup.follow(Primary(id: "a", url: url))
        backup.update { state in
            state.writeOutcomes = Array(repeating: .notAccepted(reason), count: times)
            state.readOutcomes = Array(repeating: .notAccepted(reason), count: times)
        }
    }

    private func send(_ query: String = "") async throws -> HTTPClientResponse {
        try await client.send(
            HTTPClientRequest(
                method: .post,
                url: "\(backupURL)/messages\(query)",
                headers: GatewayTestCase.json,
                body: Array(GatewayTestCase.draft.utf8),
                timeout: .seconds(10)
            )
        )
    }

    func testAWriteToTheBackupIsStoredByThePrimary() async throws {
        pointBackup(at: primaryURL)
        let response = try await send("?copies=2")
        XCTAssertEqual(response.status, .created)
        XCTAssertEqual(response.headers[.location], "/messages/1")
        XCTAssertEqual(response.headers[.durability], "fsync; copies=2")
        XCTAssertEqual(response.headers[.primary], primaryURL)
        XCTAssertEqual(response.headers[fields: .date].count, 1)
        XCTAssertEqual(response.headers[fields: .contentLength].count, 1)
        XCTAssertEqual(primary.read(\.proposals).map(\.copies), [2])
        XCTAssertEqual(primary.read(\.messages).map(\.content), ["hello"])
    }

    func testAReadOfTheBackupIsAnsweredByThePrimary() async throws {
        primary.store("only there")
        pointBackup(at: primaryURL)
        let response = try await client.send(
            HTTPClientRequest(url: "\(backupURL)/messages?recipient=bob", timeout: .seconds(10))
        )
        XCTAssertEqual(response.status, .ok)
        XCTAssertTrue(String(decoding: response.body, as: UTF8.self).contains("only there"))
        XCTAssertEqual(response.headers[.primary], primaryURL)
    }

    func testNobodyAtThePrimarysPlaceIsReportedAndAnswered503() async throws {
        // Held, so that nobody else comes to listen there.
        let (descriptor, port) = try Socket.deadPort()
        defer { close(descriptor) }
        pointBackup(at: "http://127.0.0.1:\(port)", times: 10_000)
        let response = try await send()
        XCTAssertEqual(response.status, .serviceUnavailable)
        let body = String(decoding: response.body, as: UTF8.self)
        XCTAssertTrue(body.contains(#""outcome":"not-accepted""#), body)
        XCTAssertEqual(Set(backup.read(\.refusals)), ["a"])
    }

    func testTwoNodesThatTakeEachOtherForThePrimaryDoNotPassARequestRoundAndRound() async throws {
        pointBackup(at: primaryURL, times: 10_000)
        primary.update { [backupURL] in
            $0.writeOutcomes = Array(
                repeating: .notAccepted(.notPrimary(Primary(id: "b", url: backupURL))),
                count: 10_000
            )
        }
        let response = try await send()
        XCTAssertEqual(response.status, .serviceUnavailable)
        XCTAssertEqual(backup.read(\.proposals).count, primary.read(\.proposals).count)
    }
}
