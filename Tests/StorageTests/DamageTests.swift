import Raft
import SimulatedDisk
import Storage
import XCTest

/// Bytes change on the disk: that is noticed, always, and never keeps a node from starting; never are other entries
/// served than were appended; and good copies make good for it (raft.md B14, B15, R10).
final class DamageTests: DamageTestCase {
    func testB15EverySingleBitOfTheLog() throws {
        for sealed in [true, false] {
            let (disk, model) = try makeLog(sealed: sealed)
            // A damaged seal looks like one that was torn: what it speaks for is there all the same.
            let seal = sealed ? 56 : 0
            let ends = try [first: end(of: first, on: disk), second: end(of: second, on: disk) - seal]
            var losses = 0
            for path in [first, second] {
                for offset in 0..<(ends[path] ?? 0) + 64 {
                    for bit in sealed && offset % 3 == 0 ? 0..<8 : offset % 8..<offset % 8 + 1 {
                        let (damage, isShorter) = try checkRepairable(
                            flipped(disk, bit: bit, ofByte: offset, in: path),
                            model,
                            mayLoseLastBatch: !sealed,
                            "sealed \(sealed), \(path), byte \(offset).\(bit)"
                        )
                        losses += isShorter ? 1 : 0
                        let isUsed = offset < ends[path] ?? 0
                        let isNoticed = isShorter || damage.first?.file == path
                        XCTAssertEqual(isNoticed, isUsed, "sealed \(sealed), \(path), byte \(offset).\(bit)")
                    }
                }
            }
            // Undecidable by nature: the last batch of a log that was not closed may have been torn.
            XCTAssertEqual(losses > 0, !sealed)
        }
    }

    func testEveryBitOfAWitnessLog() throws {
        let (disk, model) = try makeLog(sealed: true, isWitness: true)
        for path in [first, second] {
            for offset in 0..<(try end(of: path, on: disk)) {
                let copy = flipped(disk, bit: offset % 8, ofByte: offset, in: path)
                try checkRepairable(copy, model, isWitness: true, "\(path), byte \(offset)")
            }
        }
    }

    /// Whole stretches of a file become zeros, or anything, or what stands elsewhere: as many as there are seeds.
    func testB14StretchesOfAFile() throws {
        let (disk, model) = try makeLog(sealed: true)
        // The seal stands: what it speaks of is known to be lost.
        let limit = try end(of: second, on: disk) - 56
        for seed in 1...600 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let path = Bool.random(using: &generator) ? first : second
            var bytes = try XCTUnwrap(disk.bytes(of: path))
            let end = path == second ? limit : bytes.count
            let start = Int.random(in: 0..<end, using: &generator)
            let stop = min(end, start + Int.random(in: 1...600, using: &generator))
            let source = Int.random(in: 0..<bytes.count - (stop - start), using: &generator)
            let copied = Array(bytes[source..<source + stop - start])
            let mode = Int.random(in: 0..<3, using: &generator)
            for offset in start..<stop {
                switch mode {
                case 0: bytes[offset] = 0
                case 1: bytes[offset] = UInt8.random(in: 0...255, using: &generator)
                default: bytes[offset] = copied[offset - start]
                }
            }
            let copy = disk.copy()
            copy.plant(bytes, at: path)
            try checkRepairable(copy, model, "seed \(seed): \(path), bytes \(start)..<\(stop), mode \(mode)")
        }
    }

    /// Damage in several places at once.
    func testManyFlippedBits() throws {
        let (disk, model) = try makeLog(sealed: true)
        let limit = try end(of: second, on: disk) - 56
        for seed in 1...300 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let copy = disk.copy()
            for _ in 0..<Int.random(in: 2...12, using: &generator) {
                let path = Bool.random(using: &generator) ? first : second
                let end = path == second ? limit : disk.bytes(of: path)?.count ?? 0
                copy.flip(
                    bit: Int.random(in: 0..<8, using: &generator),
                    ofByte: Int.random(in: 0..<end, using: &generator),
                    in: path
                )
            }
            try checkRepairable(copy, model, "seed \(seed)")
        }
    }

    /// The disk itself says that it can't give back some bytes: at the start, and later.
    func testSectorsThatCanNotBeRead() throws {
        let (disk, model) = try makeLog(sealed: true)
        for (path, sector) in [(first, 0..<512), (first, 512..<832), (second, 0..<512)] {
            let copy = disk.copy()
            copy.spoil(sector, of: path)
            let (damage, _) = try checkRepairable(copy, model, "\(path), \(sector)")
            XCTAssertEqual(damage.first?.file, path)
            let later = disk.copy()
            let directory = try open(later)
            later.spoil(sector, of: path)
            try checkServed(directory, model.entries, "\(path), \(sector)")
            try repair(directory, from: model.entries, "\(path), \(sector)")
            XCTAssertEqual(try contents(of: directory).entries, model.entries)
            XCTAssertEqual(try open(later.reboot(.lost)).recovered.damage, [])
        }
    }

    /// Of the first file every length; more bytes than there were, of either.
    func testEveryTruncationOfAFile() throws {
        let (disk, model) = try makeLog(sealed: true)
        let bytes = try XCTUnwrap(disk.bytes(of: first))
        for length in 0..<bytes.count {
            let copy = disk.copy()
            copy.plant(Array(bytes[..<length]), at: first)
            try checkRepairable(copy, model, "\(length) bytes")
        }
        for path in [first, second] {
            let longer = disk.copy()
            longer.plant(try XCTUnwrap(disk.bytes(of: path)) + [0], at: path)
            let (damage, _) = try checkRepairable(longer, model, path)
            XCTAssertEqual(damage, [Damage(file: path, offset: try XCTUnwrap(disk.bytes(of: path)?.count))])
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
                let copy = flipped(disk, bit: offset % 8, ofByte: offset, in: path)
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

    /// Then a write that is torn meets the only copy that is good, unless the bad one is written first.
    func testAVoteOfWhichOneCopyGoesBadWhileTheNodeRunsSurvivesATornWrite() throws {
        for offset in [0, 4096] {
            for fault in [FaultyDisk.Fault.powerCutWithin, .powerCutAfter] {
                for fate in [UnsyncedFate.lost, .kept, .drawn] {
                    let disk = FaultyDisk(seed: 3)
                    let directory = try open(disk)
                    let old = HardState(term: 9, vote: "b"), new = HardState(term: 10, vote: "c")
                    try directory.persist([Persist(token: PersistToken(1), hardState: old)])
                    try directory.copyVote()
                    disk.flip(bit: 1, ofByte: offset + 40, in: "vote")
                    disk.inject(fault, at: disk.operations + 1)
                    XCTAssertThrowsError(
                        try directory.persist([Persist(token: PersistToken(2), hardState: new)])
                    )
                    let found = try open(disk.reboot(fate)).hardState
                    XCTAssertTrue([old, new].contains(found), "\(offset) \(fault) \(fate): \(found)")
                }
            }
        }
    }

    func testDamageNamesFilePlaceAndEntries() throws {
        let (disk, _) = try makeLog(sealed: true)
        // Header, base record, then the first entry's header, and into its payload.
        let copy = flipped(disk, bit: 3, ofByte: 64 + 40 + 40, in: first)
        let directory = try open(copy)
        let damage = Damage(file: first, offset: 104, entries: 1...1)
        XCTAssertEqual(directory.recovered.damage, [damage])
        XCTAssertThrowsError(try directory.log.entry(at: 1)) { error in
            XCTAssertEqual((error as? StorageError)?.code, .damaged(damage))
            XCTAssertTrue("\(error)".contains(first), "\(error)")
        }
        XCTAssertThrowsError(try directory.log.entries(from: 1, through: 6, bytesMax: 1 << 20))
    }

    // MARK: Missing and foreign files

    func testTheFirstSegmentIsMissing() throws {
        let (disk, model) = try makeLog(sealed: true)
        let copy = disk.copy()
        copy.plant(nil, at: first)
        let (damage, _) = try checkRepairable(copy, model, "the first segment is missing")
        XCTAssertEqual(damage.map(\.file), [first])
        XCTAssertEqual(damage.first?.entries?.lowerBound, 1)
    }

    func testAMissingVoteOrIdentityIsDamage() throws {
        let (disk, _) = try makeLog(sealed: true)
        for path in ["vote", "identity"] {
            let copy = disk.copy()
            copy.plant(nil, at: path)
            assertThrows("damaged", try open(copy))
        }
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

    func testASegmentUnderAnotherNameHoldsNothing() throws {
        let (disk, model) = try makeLog(sealed: true)
        disk.plant(disk.bytes(of: second), at: first)
        let (damage, _) = try checkRepairable(disk, model, "the second segment as the first")
        XCTAssertEqual(damage.first?.file, first)
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
