import Glibc
import HTTPClient
import HTTPServer
import HTTPTypes
import Messaging
import Raft
import SimulatedDisk
import Storage
import Synchronization
import XCTest

@testable import Cluster

/// A node that does not reach the cluster it is to join, and was added by an operator.
final class AddedNodeTests: XCTestCase {
    private let cluster = ClusterID(high: 3, low: 4)

    func testANodeTakesPartInTheClusterThatSpeaksToItByItsIncarnation() throws {
        try withNode(joining: JoinWish(url: "http://127.0.0.1:1", kind: .voter)) { replica, directory in
            // Whoever had its name before, or a cluster that means another node at this address.
            XCTAssertTrue(try isUnavailable(replica, heartbeatTo: "d", 254))
            XCTAssertTrue(try isUnavailable(replica, heartbeatTo: "e", 255))
            XCTAssertNil(replica.formation.speaking.withLock { $0 })
            XCTAssertTrue(try isUnavailable(replica, heartbeatTo: "d", 255))
            waitUntilItBelongs(directory)
            XCTAssertFalse(directory.identity.isWitness)
        }
    }

    func testAWitnessKnowsThatItIsOne() throws {
        try withNode(joining: JoinWish(url: "http://127.0.0.1:1", kind: .witness)) { replica, directory in
            XCTAssertTrue(try isUnavailable(replica, heartbeatTo: "d", 255))
            waitUntilItBelongs(directory)
            XCTAssertTrue(directory.identity.isWitness)
        }
    }

    /// The cluster may speak to it before the change is committed: where that is not, it must ask again, as a new one.
    func testANodeThatReachesTheClusterWaitsForItsAnswer() throws {
        try withServer(answering: .serviceUnavailable) { url, asked in
            try withNode(joining: JoinWish(url: url, kind: .voter)) { replica, directory in
                XCTAssertTrue(try isUnavailable(replica, heartbeatTo: "d", 255))
                let before = asked.load(ordering: .relaxed)
                let end = Clocks.monotonic() + .seconds(15)
                while asked.load(ordering: .relaxed) < before + 2, Clocks.monotonic() < end { usleep(2000) }
                XCTAssertGreaterThanOrEqual(asked.load(ordering: .relaxed), before + 2)
                XCTAssertNil(directory.identity.cluster)
            }
        }
    }

    /// The change that added it was never committed, and it has nothing of that cluster's log: it asks as a new one.
    func testANodeThatItsClusterDoesNotKnowAsksToBeTakenInAgain() throws {
        try withServer(answering: .unprocessableContent) { url, asked in
            try withNode(joining: JoinWish(url: url, kind: .voter), of: cluster) { _, _ in
                let end = Clocks.monotonic() + .seconds(15)
                while asked.load(ordering: .relaxed) < 2, Clocks.monotonic() < end { usleep(2000) }
                XCTAssertEqual(asked.load(ordering: .relaxed), 2)
            }
        }
    }

    /// A backup that does not redirect (`--not-primary reject`): another node may be asked, or it itself later.
    func testWhoIsNotThePrimaryIsAskedAgain() throws {
        try withServer(answering: .misdirectedRequest) { url, _ in
            let client = HTTPClient(name: "joining")
            defer { client.close() }
            let own = MemberIdentity(id: "d", incarnation: Incarnation(255))
            let joining = Joining(wish: JoinWish(url: url, kind: .voter), own: own, url: "http://d:1", client: client)
            guard case .later = joining.ask(isNew: false) else { return XCTFail("given up") }
        }
    }

    /// It is to be one of the first members of a cluster, and waits for its founding.
    func testANodeThatIsNotToJoinIsNotTakenIn() throws {
        try withNode(joining: nil) { replica, directory in
            XCTAssertTrue(try isUnavailable(replica, heartbeatTo: "d", 255))
            XCTAssertNil(directory.identity.cluster)
        }
    }

    // MARK: Help

    private final class Count: Sendable {
        let asked = Atomic(0)
    }

    private func withServer(
        answering status: HTTPResponse.Status,
        _ body: (_ url: String, _ asked: borrowing Atomic<Int>) throws -> Void
    ) throws {
        let count = Count()
        var configuration = HTTPServerConfiguration()
        configuration.writesLoops = 1
        let server = HTTPServer(
            configuration: configuration,
            logger: LocalCluster.logger,
            handler: { exchange in
                count.asked.wrappingAdd(1, ordering: .relaxed)
                exchange.respond(Response(status: status))
            },
            connectionClosed: { _ in },
            refusal: { _ in Response(status: .badRequest) }
        )
        let port = try server.start()
        defer { server.stop() }
        try body("http://127.0.0.1:\(port)", count.asked)
    }

    private func withNode(
        joining: JoinWish?,
        of cluster: ClusterID? = nil,
        _ body: (Replica, DataDirectory) throws -> Void
    ) throws {
        let directory = try DataDirectory.open(
            on: FaultyDisk(seed: 1),
            node: "d",
            incarnation: Incarnation(255),
            settings: StorageSettings()
        )
        if let cluster { try directory.adopt(cluster: cluster, formation: nil) }
        let client = HTTPClient(name: "added")
        defer { client.close() }
        var configuration = ReplicaConfiguration(id: "d", url: "http://d:1", members: [], joining: joining, seed: 1)
        if joining == nil {
            let listed = [("c", "http://127.0.0.1:1"), ("d", "http://d:1")]
            configuration.members = listed.map { ListedMember(id: NodeID($0), kind: .voter, url: $1) }
        }
        let replica = Replica(
            configuration: configuration,
            directory: directory,
            view: nil,
            client: client,
            logger: LocalCluster.logger,
            onFailure: { reason in XCTFail(reason) }
        )
        replica.start()
        defer { replica.stop() }
        try body(replica, directory)
    }

    private func waitUntilItBelongs(_ directory: DataDirectory) {
        let end = Clocks.monotonic() + .seconds(15)
        while directory.identity.cluster == nil, Clocks.monotonic() < end { usleep(2000) }
        XCTAssertEqual(directory.identity.cluster, cluster)
    }

    /// Whether it says that it takes no part yet, when it is sent a heartbeat for this node.
    private func isUnavailable(_ replica: Replica, heartbeatTo node: NodeID, _ incarnation: UInt64) throws -> Bool {
        let envelope = PeerEnvelope(
            cluster: cluster.description,
            from: PeerName(MemberIdentity(id: "a", incarnation: Incarnation(1))),
            to: PeerName(MemberIdentity(id: node, incarnation: Incarnation(incarnation))),
            hlc: .zero,
            body: 1
        )
        let body = try PeerJSON.encode(envelope)
        let answered = expectation(description: "an answer")
        let response = Mutex<PeerResponse?>(nil)
        let digest = ContentDigest.fieldValue(of: body)
        replica.handlePeerRequest(path: PeerPath.replicate, body: body, digest: digest) { given in
            response.withLock { $0 = given }
            answered.fulfill()
        }
        wait(for: [answered], timeout: 15)
        if case .unavailable = response.withLock({ $0 }) { return true }
        return false
    }
}
