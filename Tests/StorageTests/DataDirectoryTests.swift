import Raft
import SimulatedDisk
import Storage
import XCTest

/// Identity, vote, lock, order of writes.
final class DataDirectoryTests: StorageTestCase {
    private var generator = SeededGenerator(seed: 3)

    private func part(_ token: UInt64, _ count: Int, term: Term = 1, after model: LogModel = LogModel()) -> Persist {
        Persist(
            token: PersistToken(token),
            entries: Workload.entries(count, term: term, after: model, using: &generator)
        )
    }

    func testANewDirectoryKeepsWhoItIs() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try open(disk, incarnation: 42)
        XCTAssertTrue(directory.recovered.isNew)
        XCTAssertEqual(directory.identity, DirectoryIdentity(node: "a", incarnation: 42))
        XCTAssertEqual(directory.recovered.bootCount, 1)
        try directory.adopt(cluster: cluster, formation: [5])
        try directory.close()
        let again = try open(disk, incarnation: 43)
        XCTAssertFalse(again.recovered.isNew)
        XCTAssertEqual(
            again.recovered.identity,
            DirectoryIdentity(node: "a", incarnation: 42, cluster: cluster, formation: [5])
        )
        XCTAssertEqual(again.recovered.bootCount, 2)
    }

    func testANodeThatJoinedRemembersAsWhatAndThatItHasSettledIn() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try open(disk)
        try directory.adopt(cluster: cluster, formation: nil, isWitness: true)
        XCTAssertFalse(try open(disk.reboot(.lost)).identity.hasSettledIn)
        XCTAssertTrue(try open(disk.reboot(.lost)).identity.isWitness)
        try directory.settleIn()
        var expected = directory.identity
        expected.hasSettledIn = true
        XCTAssertEqual(directory.identity, expected)
        XCTAssertEqual(try open(disk.reboot(.lost)).identity, expected)
        let before = disk.operations
        try directory.settleIn()
        XCTAssertEqual(disk.operations, before)
    }

    func testADirectoryIsOneProcessAtATime() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try open(disk)
        assertThrows("locked", try open(disk))
        try directory.close()
        _ = try open(disk)
    }

    func testAFailedOpenGivesTheLockBack() throws {
        let disk = FaultyDisk(seed: 1)
        try open(disk, node: "b").close()
        assertThrows("foreign", try open(disk, node: "a"))
        _ = try open(disk, node: "b")
    }

    func testTheVoteIsKept() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        for (token, state) in [HardState(term: 3, vote: "b"), HardState(term: 4, vote: nil)].enumerated() {
            try directory.persist([Persist(token: PersistToken(UInt64(token) + 1), hardState: state)])
            XCTAssertEqual(directory.hardState, state)
            XCTAssertEqual(try openFormed(disk.reboot(.lost)).recovered.hardState, state)
        }
    }

    /// Parts without a vote share one write and one sync; a vote is synced before what follows it, and what came
    /// before the vote is synced before it.
    func testOneWriteAndOneSyncAnAppend() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk, settings: settings(segmentBytes: 65536, firstSegmentBytes: 65536))
        var model = LogModel()
        var parts: [Persist] = []
        for token in 1...20 as ClosedRange<UInt64> {
            parts.append(part(token, 3, after: model))
            model.apply(parts[parts.count - 1])
        }
        var before = disk.operations
        try directory.persist(parts)
        XCTAssertEqual(disk.operations - before, 2)
        parts = [part(21, 1, after: model)]
        model.apply(parts[0])
        parts.append(part(22, 1, after: model))
        parts[1].hardState = HardState(term: 5, vote: "a")
        before = disk.operations
        try directory.persist(parts)
        // Entries of 21; the vote; entries of 22: each written and synced.
        XCTAssertEqual(disk.operations - before, 6)
    }

    func testAnUnchangedVoteIsNotWrittenAgain() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        try directory.persist([Persist(token: PersistToken(1), hardState: HardState(term: 3, vote: "b"))])
        let before = disk.operations
        try directory.persist([Persist(token: PersistToken(2), hardState: HardState(term: 3, vote: "b"))])
        XCTAssertEqual(disk.operations, before)
    }

    func testSyncLatenciesAreKept() throws {
        let directory = try openFormed(FaultyDisk(seed: 1))
        try directory.persist([part(1, 1)])
        XCTAssertEqual(directory.syncLatencies.quantile(0.99), .zero)
    }

    // MARK: Files of a later release (after LogCabin's readMetadata_unknownFormatVersion)

    /// Refused by every file, as what they are, and left alone.
    func testAnUnknownVersionOfAnyFileIsUnsupported() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        try directory.persist([part(1, 3)])
        let entry = try directory.log.entry(at: 3)
        try directory.trim(to: BaseState(entry: entry.id, chain: entry.chain, membership: [1], state: [2]))
        let peer = Membership.Member(id: "b", kind: .voter, incarnation: 21, url: "http://b")
        _ = try directory.notePeer(peer, boot: 1)
        try directory.close()
        for path in ["identity", "base", "base.copy", "peers", "peers.copy", "vote"] {
            let copy = disk.copy()
            let bytes = try XCTUnwrap(copy.bytes(of: path))
            let changed =
                path == "vote"
                ? Self.withVersion2(bytes[..<512]) + bytes[512..<4096] + Self.withVersion2(bytes[4096...])
                : Self.withVersion2(bytes[...])
            copy.plant(changed, at: path)
            assertThrows("unsupported", try openFormed(copy))
            XCTAssertEqual(copy.bytes(of: path), changed, path)
        }
    }

    /// The same bytes as a later release would write them: version, then the checksum at the end.
    private static func withVersion2(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var changed = Array(bytes)
        changed[8] = 2
        var checksum = CRC32C()
        checksum.update(changed[..<(changed.count - 4)])
        for place in 0..<4 {
            changed[changed.count - 4 + place] = UInt8(truncatingIfNeeded: checksum.value >> UInt32(8 * place))
        }
        return changed
    }
}
