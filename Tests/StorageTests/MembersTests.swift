import Raft
import SimulatedDisk
import Storage
import XCTest

/// Whom a node can ask for copies of what it lost, where that is what says who the others are.
final class MembersTests: StorageTestCase {
    private let path = "log/0000000001.log"
    private let a = Membership.Member(id: "a", kind: .voter, incarnation: 11, url: "http://a:1")
    private let b = Membership.Member(id: "b", kind: .voter, incarnation: 21, url: "http://b:1")

    func testTheOthersAreKnownWhenTheEntryThatNamesThemIsDamagedUnderAnOpenLog() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openJoined(disk)
        try directory.persist([membership([a, b], token: 1, after: directory)])
        XCTAssertEqual(try directory.everyKnownMember(), [a, b])
        try damage("http://b:1", on: disk)
        assertThrows("damaged", try directory.log.entry(at: 1))
        XCTAssertEqual(try directory.everyKnownMember(), [a, b])
    }

    func testTheOthersAreKnownWhereAnEarlierProcessWroteTheEntry() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openJoined(disk)
        try directory.persist([membership([a, b], token: 1, after: directory)])
        try directory.close()
        let again = try openJoined(disk.reboot(.lost))
        try damage("http://b:1", on: disk)
        XCTAssertEqual(try again.everyKnownMember(), [a, b])
    }

    func testTheOthersAreKnownAfterAStartThatFindsTheDamage() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openJoined(disk)
        let part = membership([a, b], token: 1, after: directory)
        try directory.persist([part])
        // The node heard from the other one.
        _ = try directory.notePeer(b, boot: 1)
        try directory.close()
        try damage("http://b:1", on: disk)
        let again = try openJoined(disk.reboot(.lost))
        XCTAssertEqual(again.log.damage.lostRanges, [1...1])
        XCTAssertEqual(try again.everyKnownMember(), [b])
        // Then it may be damaged once more.
        try again.repair(part.entries)
        XCTAssertEqual(again.log.damage, [])
        XCTAssertEqual(try again.everyKnownMember(), [a, b])
    }

    func testWhatTheLogDoesNotHoldAnyMoreIsForgotten() throws {
        let c = Membership.Member(id: "c", kind: .learner, incarnation: 31, url: "http://c:1")
        let directory = try openJoined(FaultyDisk(seed: 1))
        try directory.persist([membership([a, b], token: 1, after: directory)])
        try directory.persist([membership([a, b, c], token: 2, after: directory)])
        XCTAssertEqual(try directory.everyKnownMember(), [a, b, c])
        var cut = membership([a], token: 3, after: directory)
        cut.truncateAfter = 1
        cut.entries = []
        try directory.persist([cut])
        XCTAssertEqual(try directory.everyKnownMember(), [a, b])
        try directory.persist([membership([a], token: 4, after: directory)])
        XCTAssertEqual(try directory.everyKnownMember(), [a, b])
        let base = try directory.log.entry(at: 2)
        try directory.trim(
            to: BaseState(entry: base.id, chain: base.chain, membership: base.payload, state: [])
        )
        XCTAssertEqual(try directory.everyKnownMember(), [a])
    }

    /// A name that another node has taken over stands for both: each has what it has.
    func testIncarnationsAreKeptApart() throws {
        let newer = Membership.Member(id: "b", kind: .learner, incarnation: 22, url: "http://b:2")
        let directory = try openJoined(FaultyDisk(seed: 1))
        try directory.persist([membership([a, b], token: 1, after: directory)])
        try directory.persist([membership([a, newer], token: 2, after: directory)])
        XCTAssertEqual(try directory.everyKnownMember(), [a, b, newer])
    }

    // MARK: Parts

    /// One that joined: what it knows of the others came with its log.
    private func openJoined(_ disk: FaultyDisk) throws -> DataDirectory {
        let directory = try open(disk)
        if directory.identity.cluster == nil { try directory.adopt(cluster: cluster, formation: nil) }
        return directory
    }

    private func membership(
        _ members: [Membership.Member],
        token: UInt64,
        after directory: DataDirectory
    ) -> Persist {
        let summary = directory.log.summary
        var part = Persist(token: PersistToken(token))
        part.entries = [
            Entry(
                id: EntryID(term: Term(1), index: summary.last.index.next),
                kind: .membership,
                payload: MembershipCoding.encode(Membership(members), cluster: cluster),
                after: summary.lastChain
            )
        ]
        return part
    }

    private func damage(_ text: String, on disk: FaultyDisk) throws {
        let bytes = try XCTUnwrap(disk.bytes(of: path))
        let pattern = Array(text.utf8)
        let place = bytes.indices.dropLast(pattern.count).first { Array(bytes[$0..<$0 + pattern.count]) == pattern }
        disk.flip(bit: 1, ofByte: try XCTUnwrap(place), in: path)
    }
}
