import Raft
import SimulatedDisk
import Storage
import XCTest

/// What is found at a start, case by case: torn ends, empty and missing segments (after canonical/raft's
/// test_uv_load.c and LogCabin's SegmentedLogTest).
final class RecoveryTests: StorageTestCase {
    private let first = "log/0000000001.log"
    private let second = "log/0000000002.log"
    private let headerBytes = 64
    private var generator = SeededGenerator(seed: 8)

    /// A directory with as many batches of two entries; the last of them unsealed.
    private func makeLog(batches: Int, payload: Int = 40) throws -> (FaultyDisk, LogModel) {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        let model = try append(batches, to: directory, LogModel(), payload: payload)
        return (disk.copy(), model)
    }

    private func append(
        _ batches: Int,
        to directory: DataDirectory,
        _ model: LogModel,
        payload: Int = 40,
        firstToken: UInt64 = 1
    ) throws -> LogModel {
        var model = model
        for place in 0..<batches {
            let entries = Workload.entries(
                2,
                term: 3,
                after: model,
                payloadBytesMax: payload,
                using: &generator
            )
            try directory.persist([Persist(token: PersistToken(firstToken + UInt64(place)), entries: entries)])
            model.entries += entries
        }
        return model
    }

    /// Where the last byte that is not zero stands.
    private func end(of path: String, on disk: FaultyDisk) throws -> Int {
        try XCTUnwrap(disk.bytes(of: path)?.lastIndex { $0 != 0 }) + 1
    }

    private func flipped(_ offset: Int, on disk: FaultyDisk) -> FaultyDisk {
        let copy = disk.copy()
        copy.flip(bit: 0, ofByte: offset, in: first)
        return copy
    }

    private func zero(_ range: Range<Int>, of path: String, on disk: FaultyDisk) throws {
        var bytes = try XCTUnwrap(disk.bytes(of: path))
        for offset in range { bytes[offset] = 0 }
        disk.plant(bytes, at: path)
    }

    func testAFreshLogIsEmpty() throws {
        let disk = FaultyDisk(seed: 1)
        XCTAssertEqual(try openFormed(disk).log.summary, .empty)
        let again = try openFormed(disk.reboot(.lost))
        XCTAssertEqual(again.log.summary, .empty)
        XCTAssertEqual(again.recovered.log, .empty)
        XCTAssertFalse(again.recovered.isNew)
    }

    func testAnOpenSegmentWithTrailingZerosIsWhole() throws {
        let (disk, model) = try makeLog(batches: 3)
        XCTAssertEqual(try contents(of: openFormed(disk)).entries, model.entries)
    }

    /// Every length a torn last batch can have, its rest zero or its start zero.
    func testB14ATornLastBatchIsCutOffAndItsBytesZeroed() throws {
        let (before, kept) = try makeLog(batches: 2)
        let start = try end(of: first, on: before)
        generator = SeededGenerator(seed: 8)
        let (disk, whole) = try makeLog(batches: 3)
        let stop = try end(of: first, on: disk)
        for cut in start...stop {
            let headOnly = disk.copy()
            try zero(cut..<stop, of: first, on: headOnly)
            let tailOnly = disk.copy()
            // A batch starts at a multiple of 8, up to 7 zeros behind the last byte of the mark before.
            try zero((start + 7) & ~7..<max((start + 7) & ~7, cut), of: first, on: tailOnly)
            for copy in [headOnly, tailOnly] {
                let directory = try openFormed(copy)
                let found = try contents(of: directory).entries
                XCTAssertTrue(found == kept.entries || found == whole.entries, "cut at \(cut)")
                if found == kept.entries { XCTAssertEqual(try end(of: first, on: copy), start, "cut at \(cut)") }
                // And the log goes on behind it.
                let longer = try append(2, to: directory, LogModel(entries: found))
                XCTAssertEqual(try contents(of: openFormed(copy.reboot(.lost))).entries, longer.entries)
            }
        }
    }

    func testB14ATornBatchBeforeAWholeOneIsDamage() throws {
        let (disk, _) = try makeLog(batches: 3)
        try zero(headerBytes + 40..<headerBytes + 80, of: first, on: disk)
        let damage = try openFormed(disk).recovered.damage
        XCTAssertEqual(damage, [Damage(file: first, offset: headerBytes + 40, entries: 1...2)])
    }

    /// The last batch of a sealed log is known to have been whole.
    func testB14ATornLastBatchBeforeASealIsDamage() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        _ = try append(2, to: directory, LogModel())
        let stop = try end(of: first, on: disk)
        try directory.seal()
        // Into the mark, and into the last entry before it.
        let mark = try openFormed(flipped(stop - 1, on: disk))
        XCTAssertEqual(mark.log.summary, directory.log.summary)
        XCTAssertEqual(mark.recovered.damage, [Damage(file: first, offset: stop - 56)])
        let entry = try openFormed(flipped(stop - 56 - 8, on: disk))
        XCTAssertEqual(entry.log.summary, directory.log.summary)
        XCTAssertEqual(entry.recovered.damage.compactMap(\.entries), [4...4])
    }

    func testSealingTwiceOrAnEmptyLogWritesNothing() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        let operations = disk.operations
        try directory.seal()
        XCTAssertEqual(disk.operations, operations)
        _ = try append(1, to: directory, LogModel())
        try directory.seal()
        let sealed = disk.operations
        try directory.seal()
        XCTAssertEqual(disk.operations, sealed)
    }

    func testASecondSegmentThatIsAllZerosBehindItsHeaderIsTheNextOne() throws {
        let (disk, model) = try makeLog(batches: 8, payload: 100)
        XCTAssertEqual(try disk.list("log").count, 2)
        XCTAssertEqual(try end(of: second, on: disk), headerBytes)
        let directory = try openFormed(disk)
        XCTAssertEqual(directory.room.preparedBytes, 4096)
        XCTAssertEqual(try contents(of: directory).entries, model.entries)
    }

    func testGarbageInASegmentMadeAheadIsZeroed() throws {
        let (disk, model) = try makeLog(batches: 8, payload: 100)
        disk.flip(bit: 4, ofByte: 1000, in: second)
        XCTAssertEqual(try contents(of: openFormed(disk)).entries, model.entries)
        XCTAssertEqual(try end(of: second, on: disk), headerBytes)
    }

    func testAFirstSegmentThatEndsEarlyBeforeAUsedSecondOneIsDamage() throws {
        let (disk, model) = try makeLog(batches: 30, payload: 100)
        XCTAssertGreaterThan(try end(of: second, on: disk), headerBytes)
        let stop = try end(of: first, on: disk)
        // Without the mark that says the log goes on, and without the batch before it.
        try zero(stop - 140..<stop, of: first, on: disk)
        let directory = try openFormed(disk)
        let lost = try XCTUnwrap(directory.recovered.damage.first?.entries)
        XCTAssertEqual(directory.log.summary.last, model.last)
        XCTAssertEqual(directory.log.damage.map(\.file), [first])
        XCTAssertEqual(
            try directory.log.entries(from: 1, through: lost.lowerBound.previous, bytesMax: 1 << 20),
            Array(model.entries.prefix(Int(lost.lowerBound.rawValue) - 1))
        )
    }

    func testSegmentsMissingInTheMiddleAreDamage() throws {
        let (disk, model) = try makeLog(batches: 60, payload: 200)
        XCTAssertGreaterThan(try disk.list("log").count, 3)
        for missing in [[second], [second, "log/0000000003.log"]] {
            let copy = disk.copy()
            for path in missing { copy.plant(nil, at: path) }
            let directory = try openFormed(copy)
            XCTAssertTrue(directory.recovered.mayVote)
            let lost = try XCTUnwrap(directory.recovered.damage.compactMap(\.entries).first)
            assertThrows("damaged", try directory.log.entry(at: lost.lowerBound))
            try directory.repair(model.entries.filter { $0.index >= lost.lowerBound && $0.index < 120 })
            XCTAssertEqual(try contents(of: directory).entries, model.entries)
            XCTAssertEqual(try contents(of: openFormed(copy.reboot(.lost))).entries, model.entries)
        }
    }

    func testHalfMadeSegmentsAreRemoved() throws {
        let (disk, model) = try makeLog(batches: 2)
        disk.plant([1, 2, 3], at: "log/0000000002.log.new")
        disk.plant([9], at: "log/README")
        let directory = try openFormed(disk)
        XCTAssertEqual(try contents(of: directory).entries, model.entries)
        XCTAssertEqual(try disk.list("log"), ["0000000001.log", "README"])
    }

    func testABatchLargerThanASegmentGetsALargerSegment() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = try append(2, to: directory, LogModel())
        model = try append(1, to: directory, model, payload: 20_000, firstToken: 10)
        model = try append(2, to: directory, model, firstToken: 20)
        XCTAssertEqual(try contents(of: directory).entries, model.entries)
        XCTAssertEqual(try contents(of: openFormed(disk.reboot(.lost))).entries, model.entries)
        let sizes = try disk.list("log").compactMap { try disk.size("log/" + $0) }
        XCTAssertGreaterThan(sizes.max() ?? 0, 4096)
    }

    func testAnEntryThatIsLargerThanTheFirstSegmentMayComeFirst() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        let model = try append(1, to: directory, LogModel(), payload: 50_000)
        XCTAssertEqual(try contents(of: openFormed(disk.reboot(.lost))).entries, model.entries)
    }

    /// A message may contain any bytes: a copy of a mark in it is not a mark.
    func testContentThatImitatesAMarkIsNotTakenForOne() throws {
        let (disk, _) = try makeLog(batches: 4)
        let stop = try end(of: first, on: disk)
        let mark = Array(try XCTUnwrap(disk.bytes(of: first))[(stop - 56)..<stop])
        let directory = try openFormed(disk)
        let last = directory.log.summary
        let entry = Entry(
            id: EntryID(term: 3, index: last.last.index.next),
            kind: .command,
            payload: (0..<10).flatMap { _ in mark },
            after: last.lastChain
        )
        try directory.persist([Persist(token: PersistToken(1), entries: [entry])])
        let longer = try end(of: first, on: disk)
        // The entry's batch loses its own mark: what is left must look torn, not like damage before a later batch.
        try zero(longer - 56..<longer, of: first, on: disk)
        XCTAssertEqual(try openFormed(disk.copy()).log.summary.last, last.last)
    }
}
