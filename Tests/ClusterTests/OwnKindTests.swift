import Raft
import SimulatedDisk
import Storage
import XCTest

@testable import Cluster

/// What a node is, before its replica runs.
final class OwnKindTests: XCTestCase {
    private let cluster = ClusterID(high: 1, low: 2)

    func testANodeThatJoinedIsWhatItsLogSaysWhateverItsFlagsAre() throws {
        let directory = try directory(of: "w", 9)
        XCTAssertEqual(configuration("w").ownKind(in: directory), .voter)
        try Founding(cluster: cluster, membership: .empty).record(in: directory)
        try begin(directory, [("a", .voter, 1), ("b", .voter, 2), ("w", .witness, 9)])
        XCTAssertEqual(configuration("w").ownKind(in: directory), .witness)
    }

    func testWhatAFormerNodeOfThatNameWasSaysNothing() throws {
        let directory = try directory(of: "w", 9)
        try Founding(cluster: cluster, membership: .empty).record(in: directory)
        try begin(directory, [("a", .voter, 1), ("b", .voter, 2), ("w", .witness, 8)])
        XCTAssertEqual(configuration("w").ownKind(in: directory), .voter)
    }

    private func directory(of node: NodeID, _ incarnation: Incarnation) throws -> DataDirectory {
        try DataDirectory.open(
            on: FaultyDisk(seed: 1),
            node: node,
            incarnation: incarnation,
            settings: StorageSettings()
        )
    }

    private func configuration(_ node: NodeID) -> ReplicaConfiguration {
        ReplicaConfiguration(id: node, url: "http://\(node)", members: [], seed: 1)
    }

    private func begin(
        _ directory: DataDirectory,
        _ members: [(id: NodeID, kind: Membership.Member.Kind, incarnation: Incarnation)]
    ) throws {
        let membership = Membership(
            members.map {
                Membership.Member(id: $0.id, kind: $0.kind, incarnation: $0.incarnation, url: "http://\($0.id)")
            }
        )
        let entry = Entry(
            id: EntryID(term: Term(1), index: 1),
            kind: .membership,
            payload: MembershipCoding.encode(membership, cluster: cluster),
            after: .empty
        )
        try directory.begin(HardState(term: Term(1), vote: nil), [entry])
    }
}
