import Raft
import SimulatedDisk
import Storage
import XCTest

/// Logs to damage, and good copies to repair them from.
class DamageTestCase: StorageTestCase {
    let first = "log/0000000001.log"
    let second = "log/0000000002.log"

    /// A log of two segments and several batches, sealed or not, and what it holds.
    func makeLog(sealed: Bool, isWitness: Bool = false) throws -> (FaultyDisk, LogModel) {
        let disk = FaultyDisk(seed: 1)
        let directory = try open(disk)
        var model = LogModel()
        var generator = SeededGenerator(seed: 4)
        for token in 1...8 as ClosedRange<UInt64> {
            var part = Persist(token: PersistToken(token))
            if token == 3 { part.truncateAfter = 3 }
            var after = model
            after.applyLog(part)
            part.entries = Workload.entries(2, term: Term(token), after: after, payloadBytesMax: 30, using: &generator)
            if token == 5 { part.entries = Self.asMembership(part.entries, after: after) }
            model.apply(part)
            if isWitness { part.entries = part.entries.map(\.withoutPayload) }
            try directory.persist([part])
        }
        if sealed { try directory.close() }
        let copy = disk.copy()
        XCTAssertEqual(try copy.list("log").filter { $0.hasSuffix(".log") }.count, 2)
        return (copy, model)
    }

    private static func asMembership(_ entries: [Entry], after model: LogModel) -> [Entry] {
        var chain = model.lastChain
        return entries.map { entry in
            let changed = Entry(id: entry.id, kind: .membership, payload: entry.payload + [1], after: chain)
            chain = changed.chain
            return changed
        }
    }

    func open(_ disk: FaultyDisk) throws -> DataDirectory {
        try openFormed(disk, settings: settings(segmentBytes: 832, firstSegmentBytes: 832))
    }

    /// Gives the directory good copies of what it lost, as a peer would: what it asks for, and earlier ones where those
    /// don't do.
    func repair(
        _ directory: DataDirectory,
        from entries: [Entry],
        withoutPayloads: Bool = false,
        _ context: String
    ) throws {
        var reach = 0
        while true {
            let ranges = directory.log.damage.compactMap(\.entries)
            guard let lowest = ranges.first?.lowerBound, let highest = ranges.last?.upperBound else { break }
            guard reach <= entries.count else { return XCTFail("\(context): \(ranges) can't be repaired") }
            do {
                let from = LogIndex(lowest.rawValue - min(lowest.rawValue - 1, UInt64(reach)))
                let copies = entries.filter { from...highest ~= $0.index }
                try directory.repair(copies, withoutPayloads: withoutPayloads)
            } catch {
                guard error.code == .mismatch else { throw error }
            }
            reach = reach * 2 + 1
        }
        XCTAssertEqual(directory.log.damage, [], context)
    }

    /// The directory opens, in spite of the damage; what it still serves is what was written; and once it has good
    /// copies it holds everything again, at the next start too. Returns what was damaged.
    @discardableResult
    func checkRepairable(
        _ disk: FaultyDisk,
        _ model: LogModel,
        isWitness: Bool = false,
        mayLoseLastBatch: Bool = false,
        _ context: String
    ) throws -> (damage: [Damage], isShorter: Bool) {
        let directory: DataDirectory
        do { directory = try open(disk) } catch {
            XCTFail("\(context): \(error)")
            return ([], false)
        }
        let damage = directory.recovered.damage
        XCTAssertTrue(directory.recovered.mayVote, context)
        let isShorter = mayLoseLastBatch && directory.log.summary.last.index < model.last.index
        let whole = isShorter ? Array(model.entries.dropLast(2)) : model.entries
        try checkServed(directory, isWitness ? whole.map(\.withoutPayload) : whole, context)
        try repair(directory, from: whole, withoutPayloads: isWitness, context)
        let expected = isWitness ? whole.map(\.withoutPayload) : whole
        XCTAssertEqual(try contents(of: directory).entries, expected, context)
        var generator = SeededGenerator(seed: 9)
        let more = Workload.entries(2, term: 99, after: LogModel(entries: expected), using: &generator)
        try directory.persist([Persist(token: PersistToken(1), entries: more)])
        let again = try open(disk.reboot(.lost))
        XCTAssertEqual(again.recovered.damage, [], context)
        XCTAssertEqual(try contents(of: again).entries, expected + more, context)
        return (damage, isShorter)
    }

    /// Each entry alone: what was written, or an error that says that it can't be read. Where something behind it can't
    /// be read, that may be what cut it off: then it may be an older entry that stood there.
    func checkServed(_ directory: DataDirectory, _ entries: [Entry], _ context: String) throws {
        XCTAssertEqual(directory.log.summary.last, entries.last?.id ?? directory.base?.entry ?? .zero, context)
        for entry in entries where entry.index <= directory.log.summary.last.index {
            do {
                let found = try directory.log.entry(at: entry.index)
                let highest = directory.log.damage.compactMap(\.entries?.upperBound).max() ?? 0
                if found.term < entry.term, highest > entry.index { continue }
                XCTAssertEqual(found, entry, context)
            } catch {
                guard case .damaged(let damage) = error.code else { throw error }
                XCTAssertNotNil(damage.entries, context)
            }
        }
    }

    func flipped(_ disk: FaultyDisk, bit: Int, ofByte offset: Int, in path: String) -> FaultyDisk {
        let copy = disk.copy()
        copy.flip(bit: bit, ofByte: offset, in: path)
        return copy
    }

    func end(of path: String, on disk: FaultyDisk) throws -> Int {
        try XCTUnwrap(disk.bytes(of: path)?.lastIndex { $0 != 0 }) + 1
    }
}
