import Raft
import SimulatedDisk
import Storage
import XCTest

/// Good copies, and others.
final class RepairTests: DamageTestCase {
    /// A log of whose entries 5 to 8 not even the records' headers can be read, and what it holds. The ninth can't be
    /// checked without them.
    private func makeDamaged() throws -> (FaultyDisk, LogModel, DataDirectory) {
        let (disk, model) = try makeLog(sealed: true)
        for entry in copies(model, 5...8) {
            let (path, offset) = try XCTUnwrap(place(of: entry, on: disk))
            disk.flip(bit: 2, ofByte: offset + 9, in: path)
        }
        let directory = try open(disk)
        XCTAssertEqual(directory.recovered.damage.compactMap(\.entries?.lowerBound).min(), 5)
        XCTAssertEqual(directory.recovered.damage.compactMap(\.entries?.upperBound).max(), 9)
        return (disk, model, directory)
    }

    /// Where an entry's record stands: four bytes before its chain value, index and term.
    private func place(of entry: Entry, on disk: FaultyDisk) -> (path: String, offset: Int)? {
        let numbers = [UInt64(entry.chain.rawValue) << 32, entry.index.rawValue, entry.term.rawValue]
        let pattern = numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
        for path in [first, second] {
            let bytes = disk.bytes(of: path) ?? []
            for offset in stride(from: 104, to: bytes.count - 32, by: 8)
            where Array(bytes[offset + 4..<offset + 24]) == Array(pattern[4...]) { return (path, offset) }
        }
        return nil
    }

    private func copies(_ model: LogModel, _ range: ClosedRange<Int>) -> [Entry] {
        Array(model.entries[range.lowerBound - 1...range.upperBound - 1])
    }

    func testCopiesThatAreNotTheLostEntriesAreRefused() throws {
        let (disk, model, directory) = try makeDamaged()
        var generator = SeededGenerator(seed: 77)
        let others = Workload.entries(
            5,
            term: 4,
            after: LogModel(entries: copies(model, 1...4)),
            payloadBytesMax: 40,
            using: &generator
        )
        assertThrows("mismatch", try directory.repair(others))
        var changed = copies(model, 5...9)
        changed[2].payload = [1, 2, 3]
        assertThrows("mismatch", try directory.repair(changed))
        assertThrows("mismatch", try directory.repair(copies(model, 5...9).map(\.withoutPayload)))
        assertThrows("mismatch", try directory.repair(copies(model, 7...9) + copies(model, 5...6)))
        // Nothing of it was taken, and nothing else became unreadable.
        XCTAssertEqual(directory.log.damage, directory.recovered.damage)
        try checkServed(directory, model.entries, "after refused copies")
        try repair(directory, from: model.entries, "after refused copies")
        XCTAssertEqual(try contents(of: open(disk.reboot(.lost))).entries, model.entries)
    }

    /// Copies come as they come: one at a time, last first, more than were asked for.
    func testCopiesInAnyOrder() throws {
        let (disk, model, directory) = try makeDamaged()
        for index in [9, 7, 5, 6, 8] {
            XCTAssertFalse(directory.log.damage.isEmpty)
            try directory.repair(copies(model, index...index))
        }
        XCTAssertEqual(directory.log.damage, [])
        XCTAssertEqual(try contents(of: directory).entries, model.entries)
        XCTAssertEqual(try contents(of: open(disk.reboot(.lost))).entries, model.entries)
        try directory.repair(model.entries)
        XCTAssertEqual(try contents(of: directory).entries, model.entries)
    }

    /// The one that was read is noted; its copy can't be checked by the one behind it.
    func testB15DamageBesideWhatAReadFound() throws {
        let (disk, model) = try makeLog(sealed: true)
        let directory = try open(disk)
        let places = model.entries.indices.dropFirst(2).dropLast(2)
        let first = try XCTUnwrap(places.first { model.entries[$0...$0 + 1].allSatisfy { $0.payload.count > 1 } })
        for entry in model.entries[first...first + 1] {
            let (path, offset) = try XCTUnwrap(place(of: entry, on: disk))
            disk.flip(bit: 2, ofByte: offset + 33, in: path)
        }
        assertThrows("damaged", try directory.log.entry(at: model.entries[first].index))
        XCTAssertEqual(directory.log.damage.lostRanges.map(\.count), [1])
        let sources = [Copies(id: "b", entries: model.entries)]
        let repair = LogRepair(directory: directory, sources: sources, withoutPayloads: false, mustStop: { false })
        XCTAssertEqual(try repair.run(), [])
        XCTAssertEqual(directory.log.damage, [])
        XCTAssertEqual(try contents(of: open(disk.reboot(.lost))).entries, model.entries)
    }

    /// Neighbours that are damaged each in its own way. Without its chain value an entry says nothing of the next one.
    func testB15DamageToAnyPartOfNeighbours() throws {
        let (disk, model) = try makeLog(sealed: true)
        let found = try XCTUnwrap(model.entries.indices.first { $0 > 2 && $0 % 2 == 0 })
        let neighbours = Array(model.entries[found...found + 2])
        let places = try neighbours.map { try XCTUnwrap(place(of: $0, on: disk)) }
        // Chain value, index, checksum, payload; nil: nothing.
        let parts: [Int?] = [nil, 4, 9, 29, 32]
        for first in parts.dropFirst() {
            for second in parts {
                for third in parts {
                    let copy = disk.copy()
                    let directory = try open(copy)
                    for ((path, offset), part) in zip(places, [first, second, third]) {
                        if let part { copy.flip(bit: 2, ofByte: offset + part, in: path) }
                    }
                    let context = "\([first, second, third])"
                    let repair = LogRepair(
                        directory: directory,
                        sources: [Copies(id: "b", entries: model.entries)],
                        withoutPayloads: false,
                        mustStop: { false }
                    )
                    // Whatever a read meets.
                    for neighbour in neighbours where (try? directory.log.entry(at: neighbour.index)) != neighbour {
                        XCTAssertEqual(try repair.run(), [], context)
                        XCTAssertEqual(directory.log.damage, [], context)
                    }
                    XCTAssertEqual(try contents(of: directory).entries, model.entries, context)
                }
            }
        }
    }

    /// The chain value of an entry is lost, and nobody else has the one behind it: with a copy of the first the second
    /// can be read.
    func testWhatOnlyThisNodeHasIsReadOnceTheEntryBeforeItIsPutBack() throws {
        for isOpen in [true, false] {
            let (disk, model) = try makeLog(sealed: true)
            let lost = model.entries[model.entries.count - 3]
            let others = Copies(id: "b", entries: Array(model.entries.dropLast(2)))
            let (path, offset) = try XCTUnwrap(place(of: lost, on: disk))
            if !isOpen { disk.flip(bit: 2, ofByte: offset + 4, in: path) }
            let directory = try open(disk)
            if isOpen { disk.flip(bit: 2, ofByte: offset + 4, in: path) }
            assertThrows("damaged", try directory.log.entry(at: lost.index))
            let nobody = LogRepair(directory: directory, sources: [], withoutPayloads: false, mustStop: { false })
            XCTAssertNotEqual(try nobody.run(), [])
            let repair = LogRepair(directory: directory, sources: [others], withoutPayloads: false, mustStop: { false })
            XCTAssertEqual(try repair.run(), [])
            XCTAssertEqual(directory.log.damage, [])
            XCTAssertEqual(try contents(of: directory).entries, model.entries)
        }
    }

    private struct Copies: CopySource {
        let id: NodeID
        let entries: [Entry]

        func copies(of range: ClosedRange<LogIndex>) -> Result<[Entry], NoCopy> {
            let copies = entries.filter { range.contains($0.index) }
            return copies.isEmpty ? .failure(NoCopy(reason: "\(id) has none")) : .success(copies)
        }
    }

    /// A cut and what was first written behind it are gone: the entries before look right, and are others' by now.
    func testACutThatCanNotBeReadAnyMore() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try open(disk)
        var generator = SeededGenerator(seed: 4)
        var model = LogModel()
        for token in 1...4 as ClosedRange<UInt64> {
            var part = Persist(token: PersistToken(token))
            if token == 3 { part.truncateAfter = 2 }
            var after = model
            after.applyLog(part)
            part.entries = Workload.entries(3, term: Term(token), after: after, payloadBytesMax: 9, using: &generator)
            try directory.persist([part])
            model.apply(part)
        }
        try directory.close()
        let bytes = try XCTUnwrap(disk.bytes(of: first))
        // Of the third batch the cut is the first record, the new entries 3 and 4 the next two.
        let cut = try XCTUnwrap((104..<bytes.count - 24).first { $0 % 8 == 0 && bytes[$0 + 24] == 0x81 })
        for length in stride(from: 8, through: 120, by: 8) {
            let copy = disk.copy()
            copy.plant(bytes[..<cut] + [UInt8](repeating: 0, count: length) + bytes[(cut + length)...], at: first)
            try checkRepairable(copy, model, "\(length) bytes")
        }
    }

    /// Damage that comes while the node runs is noticed when an entry is read, and made good while it runs.
    func testB15EverySingleBitUnderAnOpenLog() throws {
        let (disk, model) = try makeLog(sealed: true)
        for path in [first, second] {
            for offset in 0..<(try end(of: path, on: disk)) {
                let copy = disk.copy()
                let directory = try open(copy)
                copy.flip(bit: offset % 8, ofByte: offset, in: path)
                let context = "\(path), byte \(offset)"
                try checkServed(directory, model.entries, context)
                try repair(directory, from: model.entries, context)
                XCTAssertEqual(try contents(of: directory).entries, model.entries, context)
                XCTAssertEqual(
                    try directory.log.chains(0...model.last.index),
                    [.empty] + model.entries.map(\.chain),
                    context
                )
            }
        }
    }

    /// The power fails at every operation of a start with damage and its repair: the next one ends well.
    func testPowerCutAtEveryOperation() throws {
        let (disk, model, directory) = try makeDamaged()
        try directory.close()
        let damaged = disk.copy()
        let rehearsal = damaged.copy()
        try repair(open(rehearsal), from: model.entries, "rehearsal")
        for operation in 1...rehearsal.operations {
            for fault in [FaultyDisk.Fault.powerCutBefore, .powerCutAfter, .powerCutWithin] {
                let copy = damaged.copy()
                copy.inject(fault, at: operation)
                XCTAssertThrowsError(
                    try {
                        let directory = try open(copy)
                        while !directory.log.damage.isEmpty { try directory.repair(model.entries) }
                    }()
                )
                try checkRepairable(copy.reboot(), model, "operation \(operation) \(fault)")
            }
        }
    }

    /// Without room for a segment nothing is repaired, and nothing is lost; with room it is.
    func testARepairOnAFullDisk() throws {
        let (disk, model, directory) = try makeDamaged()
        disk.setWriteBudget(500)
        assertThrows("diskFull", try directory.repair(model.entries))
        try checkServed(directory, model.entries, "on a full disk")
        disk.setWriteBudget(nil)
        try directory.repair(model.entries)
        XCTAssertEqual(directory.log.damage, [])
        XCTAssertEqual(try contents(of: open(disk.reboot(.lost))).entries, model.entries)
    }

    /// What is damaged below a base doesn't matter.
    func testABaseBeyondTheDamage() throws {
        for isInstalled in [true, false] {
            let (disk, model, directory) = try makeDamaged()
            let entry = model.entries[9]
            let base = BaseState(entry: entry.id, chain: entry.chain, membership: [], state: [1])
            var expected = model
            if isInstalled {
                try directory.install(base)
                expected.install(base)
            } else {
                try directory.trim(to: base)
                expected.trim(to: base)
            }
            XCTAssertEqual(directory.log.damage.compactMap(\.entries), [])
            XCTAssertEqual(try contents(of: directory), expected)
            let again = try open(disk.reboot(.lost))
            XCTAssertEqual(again.recovered.damage.compactMap(\.entries), [])
            XCTAssertEqual(try contents(of: again), expected)
        }
    }

    /// A segment that was written anew and damaged once more is repaired once more.
    func testRepairedSegmentsAreAsGoodAsAny() throws {
        let (disk, model, directory) = try makeDamaged()
        try repair(directory, from: model.entries, "the first time")
        try directory.close()
        for path in [first, second] {
            for offset in stride(from: 0, to: try end(of: path, on: disk), by: 3) {
                let copy = flipped(disk.copy(), bit: offset % 8, ofByte: offset, in: path)
                try checkRepairable(copy, model, "\(path), byte \(offset)")
            }
        }
    }
}
