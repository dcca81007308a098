import Raft
import SimulatedDisk
import Storage
import XCTest

/// What is kept of other nodes, to notice one that forgot (raft.md B18).
final class PeersTests: StorageTestCase {
    private let b = Membership.Member(id: "b", kind: .voter, incarnation: 21, url: "http://b:1")
    private let c = Membership.Member(id: "c", kind: .witness, incarnation: 31, url: "http://c:1")

    func testB18AnOlderDirectoryIsNoticed() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        XCTAssertEqual(directory.recovered.peerBoots, [])
        XCTAssertEqual(try directory.notePeer(b, boot: 4), .current)
        XCTAssertEqual(try directory.notePeer(b, boot: 4), .current)
        XCTAssertEqual(try directory.notePeer(b, boot: 3), .older(than: 4))
        XCTAssertEqual(try directory.notePeer(c, boot: 1), .current)
        XCTAssertEqual(try directory.notePeer(b, boot: 7), .current)
        XCTAssertEqual(try directory.notePeer(b, boot: 6), .older(than: 7))
        let again = try openFormed(disk.reboot(.lost))
        XCTAssertEqual(Set(again.recovered.peerBoots), [PeerBoot(b, boot: 7), PeerBoot(c, boot: 1)])
        XCTAssertEqual(try again.notePeer(b, boot: 6), .older(than: 7))
        XCTAssertEqual(try again.notePeer(b, boot: 8), .current)
    }

    func testB18ADirectoryKnownToBeAnOlderCopyIsAnObstacleToEveryStart() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        XCTAssertNil(directory.obstacle)
        try directory.noteOutdated()
        XCTAssertNotNil(directory.obstacle)
        let again = try openFormed(disk.reboot(.lost))
        XCTAssertNotNil(again.obstacle)
        XCTAssertFalse(again.recovered.mayVote)
        XCTAssertNotNil(try openFormed(disk.reboot(.lost).reboot(.lost)).obstacle)
    }

    /// Another incarnation is another directory: its count starts anew, and the first one's is kept.
    func testIncarnationsAreKeptApart() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        let other = Membership.Member(id: "b", kind: .voter, incarnation: 22, url: "http://b:2")
        XCTAssertEqual(try directory.notePeer(b, boot: 9), .current)
        XCTAssertEqual(try directory.notePeer(other, boot: 1), .current)
        XCTAssertEqual(try openFormed(disk.reboot(.lost)).notePeer(b, boot: 8), .older(than: 9))
    }

    func testWhatIsKnownIsNotWrittenAgain() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        _ = try directory.notePeer(b, boot: 2)
        let operations = disk.operations
        _ = try directory.notePeer(b, boot: 2)
        _ = try directory.notePeer(b, boot: 1)
        XCTAssertEqual(disk.operations, operations)
    }

    /// What was noted is there after a crash at any operation; what was being noted may be.
    func testPowerCutAtEveryOperation() throws {
        let notes = [(b, 1), (c, 5), (b, 2), (c, 6), (b, 9)] as [(Membership.Member, UInt64)]
        let rehearsal = FaultyDisk(seed: 0)
        let formed = try openFormed(rehearsal)
        let before = rehearsal.copy()
        let start = rehearsal.operations
        for (peer, boot) in notes { _ = try formed.notePeer(peer, boot: boot) }
        let opening = before.copy()
        _ = try openFormed(opening)
        for operation in opening.operations + 1...opening.operations + rehearsal.operations - start {
            for fault in [FaultyDisk.Fault.powerCutBefore, .powerCutAfter, .powerCutWithin] {
                for fate in [UnsyncedFate.lost, .kept, .drawn] {
                    let disk = before.copy()
                    disk.inject(fault, at: operation)
                    let directory = try openFormed(disk)
                    var noted: [Membership.Member: UInt64] = [:]
                    var next: (Membership.Member, UInt64)?
                    for (peer, boot) in notes {
                        next = (peer, boot)
                        guard (try? directory.notePeer(peer, boot: boot)) != nil else { break }
                        noted[peer] = boot
                    }
                    var possible = noted
                    if let (peer, boot) = next { possible[peer] = boot }
                    let found = try openFormed(disk.reboot(fate)).recovered.peerBoots
                    let boots = Dictionary(uniqueKeysWithValues: try found.map { (try XCTUnwrap($0.member), $0.boot) })
                    XCTAssertTrue([noted, possible].contains(boots), "\(operation) \(fault) \(fate): \(boots)")
                }
            }
        }
    }

    func testEverySingleBit() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        _ = try directory.notePeer(b, boot: 3)
        _ = try directory.notePeer(c, boot: 4)
        try directory.close()
        let durable = disk.copy()
        for path in ["peers", "peers.copy"] {
            for offset in 0..<(durable.bytes(of: path)?.count ?? 0) {
                let copy = durable.copy()
                copy.flip(bit: offset % 8, ofByte: offset, in: path)
                let again = try openFormed(copy)
                XCTAssertEqual(again.recovered.damage, [Damage(file: path, offset: 0)])
                XCTAssertEqual(again.recovered.peerBoots, [PeerBoot(b, boot: 3), PeerBoot(c, boot: 4)])
                XCTAssertEqual(copy.bytes(of: path), durable.bytes(of: path), "made good")
            }
        }
        for path in ["peers", "peers.copy"] { durable.flip(bit: 0, ofByte: 20, in: path) }
        assertThrows("damaged", try openFormed(durable))
    }

    /// Earlier releases did not write down where a peer is reached.
    func testNotesOfAnEarlierRelease() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        _ = try directory.notePeer(b, boot: 3)
        try directory.close()
        var bytes = try XCTUnwrap(disk.bytes(of: "peers"))
        // Kind, length and URL, and the checksum.
        bytes.removeLast(8 + b.url.utf8.count + 4)
        var checksum = CRC32C()
        checksum.update(bytes)
        for place in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: checksum.value >> UInt32(8 * place))) }
        for path in ["peers", "peers.copy"] { disk.plant(bytes, at: path) }
        let again = try openFormed(disk)
        XCTAssertEqual(again.recovered.peerBoots, [PeerBoot(peer: b.identity, boot: 3)])
        XCTAssertEqual(try again.notePeer(c, boot: 1), .current)
        let notes = [PeerBoot(peer: b.identity, boot: 3), PeerBoot(c, boot: 1)]
        XCTAssertEqual(try openFormed(disk.reboot(.lost)).recovered.peerBoots, notes)
        XCTAssertEqual(try again.notePeer(b, boot: 4), .current)
        XCTAssertEqual(Set(try openFormed(disk.reboot(.lost)).recovered.peerBoots), [PeerBoot(b, boot: 4), notes[1]])
    }

    func testAFullDiskNotesNothing() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        disk.setCapacity(0)
        assertThrows("diskFull", try directory.notePeer(b, boot: 3))
        disk.setCapacity(nil)
        XCTAssertEqual(try directory.notePeer(b, boot: 3), .current)
        XCTAssertEqual(try openFormed(disk.reboot(.lost)).recovered.peerBoots, [PeerBoot(b, boot: 3)])
    }
}
