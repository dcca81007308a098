import Raft
import SimulatedDisk
import Storage
import XCTest

/// A start reads summaries of sealed segments instead of the segments, where all in them was applied before. It finds
/// the same log, whatever becomes of a summary, and damage to what it didn't read is found before it is served.
final class SegmentSummaryTests: DamageTestCase {
    private let summary = "log/0000000001.summary"

    /// A log whose first segment need not be read: all entries count as applied.
    private func makeAppliedLog(sealed: Bool = true) throws -> (FaultyDisk, LogModel) {
        let (disk, model) = try makeLog(sealed: sealed)
        let directory = try open(disk)
        keepCheckpoint(in: directory)
        if sealed { try directory.close() }
        let copy = disk.copy()
        XCTAssertNotNil(copy.bytes(of: summary))
        XCTAssertNotNil(copy.bytes(of: "checkpoint"))
        return (copy, model)
    }

    func testAStartDoesNotReadWhatASummarySpeaksOf() throws {
        let (disk, model) = try makeAppliedLog()
        // Into the first entry's payload.
        let damaged = flipped(disk, bit: 3, ofByte: 64 + 40 + 40, in: first)
        let directory = try open(damaged)
        XCTAssertEqual(directory.recovered.damage, [])
        XCTAssertEqual(directory.recovered.checkpoint?.entry, model.last)
        XCTAssertThrowsError(try directory.log.entry(at: 1)) { error in
            XCTAssertEqual(
                (error as? StorageError)?.code,
                .damaged(Damage(file: first, offset: 104, entries: 1...1))
            )
        }
        XCTAssertEqual(try contents(of: open(disk)).entries, model.entries)
    }

    /// No node can begin without knowing all memberships, so that it must wait for those that are put back.
    func testB14AStartReadsEachMembership() throws {
        let disk = FaultyDisk(seed: 3)
        let directory = try open(disk)
        var chain = ChainValue.empty
        for number in 1...40 as ClosedRange<UInt64> {
            let entry = Entry(
                id: EntryID(term: 1, index: LogIndex(number)),
                kind: number == 2 ? .membership : .command,
                payload: Array("entry number \(number)".utf8),
                after: chain
            )
            chain = entry.chain
            try directory.persist([Persist(token: PersistToken(number), entries: [entry])])
        }
        keepCheckpoint(in: directory)
        try directory.close()
        let bytes = try XCTUnwrap(disk.bytes(of: first))
        for (number, isFound) in [(1, false), (2, true), (3, false)] {
            let payload = Array("entry number \(number)".utf8)
            let place = try XCTUnwrap(bytes.indices.first { bytes[$0...].starts(with: payload) })
            let recovered = try open(flipped(disk.copy(), bit: 2, ofByte: place, in: first)).recovered
            XCTAssertNotNil(recovered.checkpoint)
            XCTAssertEqual(recovered.damage.map(\.entries), isFound ? [2...2] : [])
        }
    }

    /// What was applied is known to be committed. Anything above may not be, and a node must know at once what of it
    /// can't be read: such a segment is read in full.
    func testASegmentWithEntriesThatMayNotBeCommittedIsRead() throws {
        let (disk, model) = try makeLog(sealed: true)
        let directory = try open(disk)
        let early = try XCTUnwrap(model.entries.first)
        directory.keep(Checkpoint(entry: early.id, chain: early.chain, state: []))
        try directory.close()
        let copy = flipped(disk.copy(), bit: 3, ofByte: 64 + 40 + 40 + 200, in: first)
        XCTAssertEqual(try open(copy.copy()).recovered.damage.map(\.file), [first])
        // Without a checkpoint nothing is known to be committed.
        copy.plant(nil, at: "checkpoint")
        XCTAssertEqual(try open(copy).recovered.damage.map(\.file), [first])
    }

    /// Any bit of a segment that is not read at the start: noticed then, or when an entry is read, or by reading all
    /// again; never served; made good.
    func testEverySingleBitOfASegmentThatIsNotRead() throws {
        let (disk, model) = try makeAppliedLog()
        for offset in 0..<(try end(of: first, on: disk)) {
            let context = "byte \(offset)"
            let copy = flipped(disk, bit: offset % 8, ofByte: offset, in: first)
            let directory = try open(copy)
            try checkServed(directory, model.entries, context)
            var scrub = LogScrub(directory.log)
            while try !scrub.step(bytesMax: 1000).isRoundComplete {}
            let isNoticed = !directory.recovered.damage.isEmpty || !directory.log.damage.isEmpty
            XCTAssertTrue(isNoticed, context)
            try directory.repair([])
            try repair(directory, from: model.entries, context)
            XCTAssertEqual(try contents(of: directory).entries, model.entries, context)
            XCTAssertEqual(try contents(of: open(copy.reboot(.lost))).entries, model.entries, context)
        }
    }

    /// An entry that stands where the checkpoint's stood is not the one that was applied.
    func testACheckpointOfAnotherHistoryIsOfNoUse() throws {
        let (disk, model) = try makeAppliedLog()
        var directory = try open(disk)
        XCTAssertNotNil(directory.recovered.checkpoint)
        var other = model
        other.truncate(after: LogIndex(model.last.index.rawValue - 2))
        var generator = SeededGenerator(seed: 8)
        for count in [1, 2, 3] {
            let entries = Workload.entries(count, term: Term(99), after: other, using: &generator)
            try directory.persist([
                Persist(token: PersistToken(UInt64(count)), truncateAfter: other.last.index, entries: entries)
            ])
            try directory.close()
            directory = try open(disk)
            XCTAssertNil(directory.recovered.checkpoint, "\(count)")
            XCTAssertEqual(try contents(of: directory).entries, other.entries + entries, "\(count)")
        }
    }

    // MARK: Summaries that are of no use

    private func checkRenewed(_ disk: FaultyDisk, _ model: LogModel, _ expected: [UInt8], _ context: String) throws {
        let directory = try open(disk)
        XCTAssertEqual(directory.recovered.damage, [], context)
        XCTAssertEqual(try contents(of: directory).entries, model.entries, context)
        XCTAssertEqual(disk.bytes(of: summary), expected, context)
    }

    func testADamagedOrCutOffOrMissingSummaryIsMadeAnew() throws {
        let (disk, model) = try makeAppliedLog()
        let bytes = try XCTUnwrap(disk.bytes(of: summary))
        for offset in bytes.indices {
            try checkRenewed(
                flipped(disk, bit: offset % 8, ofByte: offset, in: summary),
                model,
                bytes,
                "byte \(offset)"
            )
            let shorter = disk.copy()
            shorter.plant(Array(bytes[..<offset]), at: summary)
            try checkRenewed(shorter, model, bytes, "\(offset) bytes")
        }
        let longer = disk.copy()
        longer.plant(bytes + [0], at: summary)
        try checkRenewed(longer, model, bytes, "longer")
        let missing = disk.copy()
        missing.plant(nil, at: summary)
        try checkRenewed(missing, model, bytes, "missing")
        let unreadable = disk.copy()
        unreadable.spoil(0..<bytes.count, of: summary)
        XCTAssertEqual(try contents(of: open(unreadable)).entries, model.entries)
    }

    /// A summary of another content of the same segment, whole in itself.
    func testASummaryOfAnotherContentIsNotTrusted() throws {
        let (disk, model) = try makeAppliedLog()
        let bytes = try XCTUnwrap(disk.bytes(of: summary))
        for seed in 5...25 as ClosedRange<UInt64> {
            let other = FaultyDisk(seed: 2)
            let directory = try open(other)
            var generator = SeededGenerator(seed: seed)
            var otherModel = LogModel()
            for token in 1...8 as ClosedRange<UInt64> {
                let part = Persist(
                    token: PersistToken(token),
                    entries: Workload.entries(2, term: 1, after: otherModel, payloadBytesMax: 30, using: &generator)
                )
                try directory.persist([part])
                otherModel.apply(part)
            }
            let foreign = try XCTUnwrap(other.bytes(of: summary))
            XCTAssertNotEqual(foreign, bytes)
            let copy = disk.copy()
            copy.plant(foreign, at: summary)
            try checkRenewed(copy, model, bytes, "seed \(seed)")
        }
    }

    /// Written anew after damage, a segment has its records elsewhere.
    func testARepairDropsTheSummaryFirst() throws {
        let (disk, model) = try makeAppliedLog()
        let old = try XCTUnwrap(disk.bytes(of: summary))
        let damaged = flipped(disk, bit: 1, ofByte: 64 + 40 + 40, in: first)
        let rehearsal = damaged.copy()
        let directory = try open(rehearsal)
        var scrub = LogScrub(directory.log)
        while try !scrub.step(bytesMax: 1000).isRoundComplete {}
        let start = rehearsal.operations
        try repair(directory, from: model.entries, "rehearsal")
        XCTAssertNotEqual(rehearsal.bytes(of: summary), old)
        for operation in start + 1...rehearsal.operations {
            for fault in [FaultyDisk.Fault.powerCutBefore, .powerCutAfter, .powerCutWithin] {
                for fate in [UnsyncedFate.lost, .kept, .drawn] {
                    let copy = damaged.copy()
                    let directory = try open(copy)
                    var scrub = LogScrub(directory.log)
                    while try !scrub.step(bytesMax: 1000).isRoundComplete {}
                    copy.inject(fault, at: operation)
                    XCTAssertThrowsError(try directory.repair(model.entries))
                    let context = "operation \(operation) \(fault) \(fate)"
                    let again = try open(copy.reboot(fate))
                    try checkServed(again, model.entries, context)
                    try repair(again, from: model.entries, context)
                    XCTAssertEqual(try contents(of: again).entries, model.entries, context)
                }
            }
        }
    }

    /// Where anything is wrong that shows without reading a segment, all are read.
    func testDamageElsewhereHasAllSegmentsRead() throws {
        let (disk, _) = try makeAppliedLog()
        let copy = flipped(disk, bit: 3, ofByte: 64 + 40 + 40, in: first)
        XCTAssertEqual(try open(copy.copy()).recovered.damage, [])
        copy.flip(bit: 3, ofByte: 64 + 40 + 40, in: second)
        let directory = try open(copy)
        XCTAssertEqual(directory.recovered.damage.map(\.file), [first, second])
        XCTAssertNil(directory.recovered.checkpoint)
    }

    /// What was written last is gone: nobody knows what else is.
    func testALostEndHasAllSegmentsRead() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try open(disk)
        var (model, applied) = (LogModel(), LogModel())
        var generator = SeededGenerator(seed: 4)
        for token in 1...40 as ClosedRange<UInt64> {
            let entries = Workload.entries(2, term: 1, after: model, payloadBytesMax: 30, using: &generator)
            let part = Persist(token: PersistToken(token), entries: entries)
            try directory.persist([part])
            model.apply(part)
            if disk.bytes(of: "log/0000000003.log") == nil { applied = model }
        }
        directory.keep(Checkpoint(entry: applied.last, chain: applied.lastChain, state: []))
        try directory.close()
        let copy = flipped(disk.copy(), bit: 3, ofByte: 64 + 40 + 40, in: first)
        XCTAssertEqual(try open(copy.copy()).recovered.damage, [])
        for name in try copy.list("log") where name.hasSuffix(".log") && name > "0000000002.log" {
            copy.plant(nil, at: "log/" + name)
        }
        XCTAssertEqual(try open(copy).recovered.damage.map(\.file), [first])
    }

    /// What can be made again takes no room from what can't.
    func testNoSummaryIsMadeWhereThereIsLittleRoom() throws {
        let (disk, model) = try makeAppliedLog()
        let bytes = try XCTUnwrap(disk.bytes(of: summary))
        for (room, isMade) in [(bytes.count * 3 / 2, false), (bytes.count * 2, true)] {
            let copy = disk.copy()
            copy.plant(nil, at: summary)
            copy.setCapacity(copy.usedBytes + room)
            XCTAssertEqual(try contents(of: open(copy)).entries, model.entries)
            XCTAssertEqual(copy.bytes(of: summary), isMade ? bytes : nil, "\(room) bytes")
        }
    }

    func testSummariesOfSegmentsThatAreGoneAreRemoved() throws {
        let (disk, model) = try makeAppliedLog()
        let directory = try open(disk)
        let entry = model.entries[model.entries.count - 2]
        try directory.trim(to: BaseState(entry: entry.id, chain: entry.chain, membership: [], state: [1]))
        XCTAssertNil(disk.bytes(of: first))
        XCTAssertNil(disk.bytes(of: summary))
        try directory.close()
        // As after a crash in between.
        let (other, _) = try makeAppliedLog()
        let copy = disk.copy()
        copy.plant(other.bytes(of: summary), at: summary)
        copy.plant(other.bytes(of: summary), at: "log/0000000009.summary")
        XCTAssertEqual(try contents(of: open(copy)).entries, Array(model.entries.suffix(1)))
        XCTAssertEqual(try copy.list("log").filter { $0.hasSuffix(".summary") }, [])
    }

    // MARK: Any log

    /// Whatever is written and cut off: what summaries say is what the segments hold.
    func testASummarySaysWhatItsSegmentHolds() throws {
        var used = 0
        for seed in 1...60 as ClosedRange<UInt64> {
            let disk = FaultyDisk(seed: seed)
            let directory = try openFormed(disk)
            for call in Workload(seed: seed, calls: 40).calls { try directory.persist(call) }
            used += try checkSummaries(of: directory, on: disk, "seed \(seed)")
        }
        XCTAssertGreaterThan(used, 240)
    }

    /// And trimmed, and replaced.
    func testASummarySaysWhatItsSegmentHoldsBehindABase() throws {
        var used = 0
        for seed in 1...60 as ClosedRange<UInt64> {
            let disk = FaultyDisk(seed: seed)
            let directory = try openFormed(disk)
            for step in BaseWorkload(seed: seed, steps: 40).steps { try step.run(on: directory) }
            used += try checkSummaries(of: directory, on: disk, "seed \(seed)")
        }
        XCTAssertGreaterThan(used, 0)
    }

    /// The log is the same at a start with its summaries and at one without, which makes the same ones anew.
    ///
    /// - Returns: how many there are.
    private func checkSummaries(of directory: DataDirectory, on disk: FaultyDisk, _ context: String) throws -> Int {
        keepCheckpoint(in: directory)
        let expected = try contents(of: directory)
        try directory.close()
        let again = try openFormed(disk.copy())
        XCTAssertEqual(try contents(of: again).entries, expected.entries, context)
        XCTAssertEqual(again.recovered.checkpoint?.entry, expected.last, context)
        let names = try disk.list("log").filter { $0.hasSuffix(".summary") }
        let bare = disk.copy()
        XCTAssertEqual(try openFormed(bare).log.summary, again.log.summary, context)
        for name in names {
            XCTAssertEqual(bare.bytes(of: "log/" + name), disk.bytes(of: "log/" + name), "\(context), \(name)")
        }
        return names.count
    }

    func testTheSummariesOfAWitness() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        for call in Workload(seed: 4, calls: 60, isWitness: true).calls { try directory.persist(call) }
        keepCheckpoint(in: directory)
        let expected = try contents(of: directory)
        try directory.close()
        XCTAssertGreaterThan(try disk.list("log").filter { $0.hasSuffix(".summary") }.count, 2)
        XCTAssertEqual(try contents(of: openFormed(disk)).entries, expected.entries)
    }
}
