import Raft
import SimulatedDisk
import Storage
import XCTest

/// Bytes change on the disk: that is noticed, always; never are other entries served than were appended, and a log
/// that ended in a seal is never shorter without a word.
final class DamageTests: StorageTestCase {
    private let first = "log/0000000001.log"
    private let second = "log/0000000002.log"

    /// A log of two segments and several batches, sealed or not, and what it holds.
    private func makeLog(sealed: Bool) throws -> (FaultyDisk, LogModel) {
        let disk = FaultyDisk(seed: 1)
        let directory = try open(disk)
        var model = LogModel()
        var generator = SeededGenerator(seed: 4)
        for token in 1...6 as ClosedRange<UInt64> {
            var part = Persist(token: PersistToken(token))
            if token == 3 { part.truncateAfter = 3 }
            var after = model
            after.applyLog(part)
            part.entries = Workload.entries(2, term: Term(token), after: after, payloadBytesMax: 30, using: &generator)
            try directory.persist([part])
            model.apply(part)
        }
        if sealed { try directory.close() }
        let copy = disk.copy()
        XCTAssertEqual(try copy.list("log").filter { $0.hasSuffix(".log") }.count, 2)
        return (copy, model)
    }

    private func open(_ disk: FaultyDisk) throws -> DataDirectory {
        try openFormed(disk, settings: settings(segmentBytes: 768, firstSegmentBytes: 768))
    }

    /// What may come of opening a damaged directory: `.damaged`, or everything, or, where `mayLose` says so, all but
    /// the last batch.
    private func check(_ disk: FaultyDisk, _ model: LogModel, mayLoseLastBatch: Bool, _ context: String) throws -> Bool
    {
        do {
            let found = try contents(of: open(disk)).entries
            let wholes = mayLoseLastBatch ? [model.entries, Array(model.entries.dropLast(2))] : [model.entries]
            XCTAssertTrue(wholes.contains(found), "\(context): \(found.count) of \(model.entries.count) entries")
            return found.count < model.entries.count
        } catch let error as StorageError {
            guard case .damaged = error.code else {
                XCTFail("\(context): \(error)")
                return false
            }
            return false
        }
    }

    func testEverySingleBitOfTheLog() throws {
        for sealed in [true, false] {
            let (disk, model) = try makeLog(sealed: sealed)
            var losses = 0
            for path in [first, second] {
                for offset in 0..<(disk.bytes(of: path)?.count ?? 0) {
                    for bit in sealed ? 0..<8 : offset % 8..<offset % 8 + 1 {
                        let copy = disk.copy()
                        copy.flip(bit: bit, ofByte: offset, in: path)
                        let lost = try check(
                            copy,
                            model,
                            mayLoseLastBatch: !sealed,
                            "sealed \(sealed), \(path), byte \(offset).\(bit)"
                        )
                        losses += lost ? 1 : 0
                    }
                }
            }
            // Undecidable by nature: the last batch of a log that was not closed may have been torn.
            XCTAssertEqual(losses > 0, !sealed)
        }
    }

    /// Damage that happens while the node runs is noticed when the entry is read.
    func testB15EverySingleBitUnderAnOpenLog() throws {
        let (disk, model) = try makeLog(sealed: true)
        let directory = try open(disk)
        let last = directory.log.summary.last.index
        for path in [first, second] {
            for offset in 0..<(disk.bytes(of: path)?.count ?? 0) {
                disk.flip(bit: offset % 8, ofByte: offset, in: path)
                defer { disk.flip(bit: offset % 8, ofByte: offset, in: path) }
                do {
                    let found = try directory.log.entries(from: 1, through: last, bytesMax: 1 << 20)
                    XCTAssertEqual(found, model.entries, "\(path), byte \(offset)")
                } catch {
                    guard case .damaged(let damage) = error.code else { return XCTFail("\(error)") }
                    XCTAssertEqual(damage.file, path)
                }
            }
        }
    }

    func testEveryTruncationOfAFile() throws {
        for sealed in [true, false] {
            let (disk, _) = try makeLog(sealed: sealed)
            for path in [first, second] {
                let bytes = try XCTUnwrap(disk.bytes(of: path))
                for length in 0..<bytes.count {
                    let copy = disk.copy()
                    copy.plant(Array(bytes[..<length]), at: path)
                    assertThrows("damaged", try open(copy))
                }
                let longer = disk.copy()
                longer.plant(bytes + [0], at: path)
                assertThrows("damaged", try open(longer))
            }
        }
    }

    func testEverySingleBitOfVoteAndIdentity() throws {
        let (disk, model) = try makeLog(sealed: true)
        let directory = try open(disk)
        try directory.persist([Persist(token: PersistToken(1), hardState: HardState(term: 9, vote: "b"))])
        try directory.close()
        for path in ["vote", "identity"] {
            let bytes = try XCTUnwrap(disk.bytes(of: path))
            for offset in bytes.indices {
                let copy = disk.copy()
                copy.flip(bit: offset % 8, ofByte: offset, in: path)
                if path == "identity" {
                    assertThrows("damaged", try open(copy))
                } else {
                    // The other copy of the vote holds the same.
                    let found = try contents(of: open(copy))
                    XCTAssertEqual(found, LogModel(hardState: HardState(term: 9, vote: "b"), entries: model.entries))
                }
            }
        }
        let both = disk.copy()
        both.flip(bit: 0, ofByte: 40, in: "vote")
        both.flip(bit: 0, ofByte: 4096 + 40, in: "vote")
        assertThrows("damaged", try open(both))
    }

    func testDamageNamesFilePlaceAndFirstEntry() throws {
        let (disk, model) = try makeLog(sealed: true)
        let offset = 64 + 40 + 40  // header, base record, then into the first entry's header and payload
        disk.flip(bit: 3, ofByte: offset, in: first)
        XCTAssertThrowsError(try open(disk)) { error in
            guard let error = error as? StorageError, case .damaged(let damage) = error.code else {
                return XCTFail("\(error)")
            }
            XCTAssertEqual(damage, Damage(file: first, offset: 104, firstIndex: 1))
            XCTAssertTrue(error.message.contains(first), error.message)
        }
        XCTAssertEqual(model.entries.first?.index, 1)
    }

    // MARK: Missing and foreign files

    func testAMissingFileIsDamage() throws {
        let (disk, _) = try makeLog(sealed: true)
        for path in [first, second, "vote", "identity"] {
            let copy = disk.copy()
            copy.plant(nil, at: path)
            assertThrows("damaged", try open(copy))
        }
        let copy = disk.copy()
        copy.plant(nil, at: first)
        copy.plant(nil, at: second)
        assertThrows("damaged", try open(copy))
    }

    func testB18AFileOfAnotherNodeIsForeign() throws {
        let (disk, _) = try makeLog(sealed: true)
        let other = FaultyDisk(seed: 2)
        let directory = try DataDirectory.open(on: other, node: "b", incarnation: 99, settings: settings())
        try directory.adopt(cluster: cluster, formation: nil)
        try directory.close()
        for path in [first, "vote"] {
            let copy = disk.copy()
            copy.plant(other.bytes(of: path), at: path)
            assertThrows("foreign", try open(copy))
        }
        assertThrows("foreign", try DataDirectory.open(on: other.copy(), node: "a", incarnation: 1))
    }

    func testASegmentUnderAnotherNameIsDamage() throws {
        let (disk, _) = try makeLog(sealed: true)
        disk.plant(disk.bytes(of: first), at: second)
        assertThrows("damaged", try open(disk))
    }

    func testAnotherVersionIsUnsupportedNotDamaged() throws {
        let (disk, _) = try makeLog(sealed: true)
        var bytes = try XCTUnwrap(disk.bytes(of: first))
        bytes[8] = 2
        var checksum = CRC32C()
        checksum.update(bytes[0..<60])
        for place in 0..<4 { bytes[60 + place] = UInt8(truncatingIfNeeded: checksum.value >> UInt32(8 * place)) }
        disk.plant(bytes, at: first)
        assertThrows("unsupported", try open(disk))
    }
}
