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
        try withServer(answering: .serviceUnavailable) { server in
            try withNode(joining: JoinWish(url: server.url, kind: .voter)) { replica, directory in
                XCTAssertTrue(try isUnavailable(replica, heartbeatTo: "d", 255))
                waitUntil(server, isAsked: server.questions.count + 2)
                XCTAssertNil(directory.identity.cluster)
            }
        }
    }

    /// The change that added it was never committed, and it has nothing of that cluster's log: it asks as a new one.
    func testANodeThatItsClusterDoesNotKnowAsksToBeTakenInAgain() throws {
        try withServer(answering: .unprocessableContent) { server in
            try withNode(joining: JoinWish(url: server.url, kind: .voter), of: cluster) { _, _ in
                waitUntil(server, isAsked: 2)
                XCTAssertEqual(server.questions.map(\.url), [nil, "http://d:1"])
            }
        }
    }

    /// A backup that does not redirect (`--not-primary reject`): another node may be asked, or it itself later.
    func testWhoIsNotThePrimaryIsAskedAgain() throws {
        try withServer(answering: .misdirectedRequest) { server in
            let client = HTTPClient(name: "joining")
            defer { client.close() }
            let own = MemberIdentity(id: "d", incarnation: Incarnation(255))
            let wish = JoinWish(url: server.url, kind: .voter)
            let joining = Joining(wish: wish, own: own, url: "http://d:1", client: client)
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

    private func withServer(
        answering status: HTTPResponse.Status,
        _ body: (MembersServer) throws -> Void
    ) throws {
        let server = try MembersServer { _ in Response(status: status) }
        defer { server.stop() }
        try body(server)
    }

    private func waitUntil(_ server: MembersServer, isAsked count: Int) {
        let end = Clocks.monotonic() + .seconds(15)
        while server.questions.count < count, Clocks.monotonic() < end { usleep(2000) }
        XCTAssertGreaterThanOrEqual(server.questions.count, count)
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
