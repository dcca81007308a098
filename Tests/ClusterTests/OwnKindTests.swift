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

    /// A witness whose log can't say so any more is still one: it must not keep messages, nor look for any.
    func testAWitnessThatJoinedIsOneThoughTheEntryThatSaysSoIsDamaged() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try directory(of: "w", 9, on: disk)
        try Founding(cluster: cluster, membership: .empty, isWitness: true).record(in: directory)
        try begin(directory, [("a", .voter, 1), ("b", .voter, 2), ("w", .witness, 9)])
        try directory.close()
        let path = "log/0000000001.log"
        let bytes = try XCTUnwrap(disk.bytes(of: path))
        let url = Array("http://w".utf8)
        let place = try XCTUnwrap(bytes.indices.dropLast(8).first { Array(bytes[$0..<$0 + 8]) == url })
        disk.flip(bit: 0, ofByte: place, in: path)
        let again = try self.directory(of: "w", 9, on: disk.reboot(.lost))
        XCTAssertEqual(again.log.damage.lostRanges, [1...1])
        XCTAssertEqual(configuration("w").ownKind(in: again), .witness)
    }

    private func directory(
        of node: NodeID,
        _ incarnation: Incarnation,
        on disk: FaultyDisk = FaultyDisk(seed: 1)
    ) throws -> DataDirectory {
        try DataDirectory.open(
            on: disk,
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
