import Raft
import SimulatedDisk
import Storage
import XCTest

/// A witness keeps commands without their payload: their chain value can't be derived from what is there, so the
/// header's own checksum guards it.
final class WitnessLogTests: StorageTestCase {
    private let first = "log/0000000001.log"
    private var generator = SeededGenerator(seed: 6)

    func testOnlyCommandsLoseTheirPayload() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        let whole = Workload.entries(
            60,
            term: 2,
            after: LogModel(),
            payloadBytesMax: 12,
            using: &generator
        )
        let entries = whole.map(\.withoutPayload)
        XCTAssertEqual(Set(whole.map(\.kind)), [.noop, .membership, .command])
        try directory.persist([Persist(token: PersistToken(1), entries: entries)])
        XCTAssertEqual(try contents(of: directory).entries, entries)
        let again = try openFormed(disk.reboot(.lost))
        let found = try contents(of: again).entries
        XCTAssertEqual(found, entries)
        for (kept, original) in zip(found, whole) {
            XCTAssertEqual(kept.payloadElsewhere, original.kind == .command, "\(kept.id)")
            XCTAssertEqual(kept.payload, original.kind == .command ? [] : original.payload, "\(kept.id)")
            XCTAssertEqual(kept.chain, original.chain, "\(kept.id)")
        }
    }

    /// An empty command is not one whose payload is elsewhere: each comes back as what it was.
    func testAnEmptyPayloadIsNotOneElsewhere() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        let empty = Entry(id: EntryID(term: 1, index: 1), kind: .command, payload: [], after: .empty)
        let stripped = Entry(id: EntryID(term: 1, index: 2), kind: .command, payload: [7], after: empty.chain)
            .withoutPayload
        try directory.persist([Persist(token: PersistToken(1), entries: [empty, stripped])])
        let found = try contents(of: openFormed(disk.reboot(.lost))).entries
        XCTAssertEqual(found, [empty, stripped])
        XCTAssertEqual(found.map(\.payloadElsewhere), [false, true])
    }

    /// A learner becomes a witness, or the other way round: records of both sorts in one log, cut anywhere.
    func testBothSortsOfRecordsInOneLog() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        for token in 1...60 as ClosedRange<UInt64> {
            var part = Persist(token: PersistToken(token))
            if token % 5 == 0 { part.truncateAfter = LogIndex(model.last.index.rawValue - token % 4) }
            var after = model
            after.applyLog(part)
            part.entries = Workload.entries(3, term: Term(token), after: after, using: &generator)
            if token % 2 == 0 { part.entries = part.entries.map(\.withoutPayload) }
            try directory.persist([part])
            model.apply(part)
        }
        XCTAssertGreaterThan(try disk.list("log").count, 2)
        XCTAssertEqual(try contents(of: directory), model)
        XCTAssertEqual(try contents(of: openFormed(disk.reboot(.lost))), model)
    }

    /// Every bit of a record without a payload counts, whatever it says.
    func testEveryBitOfARecordIsGuarded() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        let entries = Workload.entries(5, term: 2, after: LogModel(), using: &generator).map(\.withoutPayload)
        let place = try XCTUnwrap(entries.firstIndex { $0.payloadElsewhere && $0.index > 1 })
        let start = 64 + 40 + entries[..<place].reduce(0) { $0 + (32 + $1.payload.count + 7) & ~7 }
        try directory.persist([Persist(token: PersistToken(1), entries: entries)])
        for offset in start..<start + 32 {
            for bit in 0..<8 {
                let copy = disk.copy()
                let directory = try openFormed(copy)
                XCTAssertEqual(try directory.log.entry(at: entries[place].index), entries[place])
                copy.flip(bit: bit, ofByte: offset, in: first)
                assertThrows("damaged", try directory.log.entry(at: entries[place].index))
            }
        }
    }
}
