import Raft
import SimulatedDisk
import Storage
import XCTest

/// A base goes bad, or doesn't fit what is beside it: nothing is ever removed for it (raft.md B16).
final class BaseDamageTests: DamageTestCase {
    private var generator = SeededGenerator(seed: 13)

    /// A log trimmed to its 30th of 40 entries, and what it holds.
    private func makeTrimmed() throws -> (FaultyDisk, LogModel) {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        for token in 1...20 as ClosedRange<UInt64> {
            let part = Persist(
                token: PersistToken(token),
                entries: Workload.entries(2, term: 1, after: model, payloadBytesMax: 200, using: &generator)
            )
            try directory.persist([part])
            model.apply(part)
        }
        let entry = model.entries[29]
        let base = BaseState(entry: entry.id, chain: entry.chain, membership: [1, 2], state: [3, 4, 5])
        try directory.trim(to: base)
        model.trim(to: base)
        try directory.close()
        return (disk.copy(), model)
    }

    private func files(on disk: FaultyDisk) throws -> [String: [UInt8]?] {
        var files: [String: [UInt8]?] = [:]
        for name in try disk.list("") where name != "log" && name != "lock" { files[name] = disk.bytes(of: name) }
        for name in try disk.list("log") { files["log/" + name] = disk.bytes(of: "log/" + name) }
        return files
    }

    /// Every bit of either copy: the other one serves, and makes good what went bad.
    func testEverySingleBitOfABase() throws {
        let (disk, model) = try makeTrimmed()
        let before = try files(on: disk)
        for path in ["base", "base.copy"] {
            for offset in 0..<(disk.bytes(of: path)?.count ?? 0) {
                let copy = disk.copy()
                copy.flip(bit: offset % 8, ofByte: offset, in: path)
                let directory = try openFormed(copy)
                XCTAssertEqual(directory.recovered.damage, [Damage(file: path, offset: 0)])
                XCTAssertEqual(try contents(of: directory), model)
                try directory.close()
                XCTAssertEqual(try files(on: copy)[path], before[path], "\(path), byte \(offset)")
            }
        }
    }

    func testB16ADamagedBaseNeverLeadsToDeletion() throws {
        let (disk, _) = try makeTrimmed()
        for path in ["base", "base.copy"] { disk.flip(bit: 1, ofByte: 70, in: path) }
        let before = try files(on: disk)
        assertThrows("damaged", try openFormed(disk))
        XCTAssertEqual(try files(on: disk), before)
    }

    /// Before the first release the file was laid out otherwise, under the same version number: what such a build wrote
    /// is refused, and not taken for another state.
    func testABaseInALayoutBeforeTheFirstReleaseIsUnsupported() throws {
        let (disk, _) = try makeTrimmed()
        let bytes = try XCTUnwrap(disk.bytes(of: "base"))
        // Number and id of an epoch stood before the lengths.
        for epoch in [0, 1, UInt8.max] {
            var old = bytes[..<80] + [UInt8](repeating: epoch, count: 16) + bytes[80..<bytes.count - 4]
            var checksum = CRC32C()
            checksum.update(old)
            for place in 0..<4 { old.append(UInt8(truncatingIfNeeded: checksum.value >> UInt32(8 * place))) }
            for path in ["base", "base.copy"] { disk.plant(Array(old), at: path) }
            let before = try files(on: disk)
            assertThrows("unsupported", try openFormed(disk))
            XCTAssertEqual(try files(on: disk), before)
        }
    }

    func testABaseThatIsMissingThoughTheLogNeedsOneIsDamage() throws {
        let (disk, model) = try makeTrimmed()
        let one = disk.copy()
        one.plant(nil, at: "base")
        XCTAssertEqual(try contents(of: openFormed(one)), model)
        for path in ["base", "base.copy"] { disk.plant(nil, at: path) }
        let before = try files(on: disk)
        let directory = try openFormed(disk)
        let lost = try XCTUnwrap(directory.recovered.damage.first?.entries)
        XCTAssertEqual(lost.lowerBound, 1)
        for (path, bytes) in before where path.hasPrefix("log") { XCTAssertEqual(disk.bytes(of: path), bytes, path) }
        // Entries behind it are there, and the base may come from another node.
        XCTAssertEqual(try directory.log.entry(at: 39), model.entries[8])
        let base = BaseState(entry: EntryID(term: 2, index: 60), chain: ChainValue(5), membership: [], state: [])
        try directory.install(base)
        XCTAssertEqual(try contents(of: openFormed(disk.reboot(.lost))), LogModel(base: base))
    }

    func testABaseOfAnotherNodeIsForeign() throws {
        let (disk, _) = try makeTrimmed()
        let other = FaultyDisk(seed: 2)
        let directory = try DataDirectory.open(on: other, node: "b", incarnation: 99, settings: settings())
        try directory.adopt(cluster: cluster, formation: nil)
        try directory.install(BaseState(entry: EntryID(term: 1, index: 30), chain: .empty, membership: [], state: []))
        try directory.close()
        for path in ["base", "base.copy"] { disk.plant(other.bytes(of: path), at: path) }
        assertThrows("foreign", try openFormed(disk))
    }

    /// A base from before the last trim: what came between is nowhere.
    func testABaseOlderThanTheLog() throws {
        let (disk, model) = try makeTrimmed()
        let (old, oldCopy) = (disk.bytes(of: "base"), disk.bytes(of: "base.copy"))
        let directory = try openFormed(disk)
        let last = try XCTUnwrap(model.entries.last)
        var longer = model
        for token in 1...20 as ClosedRange<UInt64> {
            let entries = Workload.entries(2, term: 2, after: longer, payloadBytesMax: 200, using: &generator)
            try directory.persist([Persist(token: PersistToken(token), entries: entries)])
            longer.entries += entries
        }
        let entry = longer.entries[25]
        XCTAssertGreaterThan(entry.index, last.index)
        try directory.trim(to: BaseState(entry: entry.id, chain: entry.chain, membership: [], state: []))
        try directory.close()
        disk.plant(old, at: "base")
        disk.plant(oldCopy, at: "base.copy")
        let again = try openFormed(disk)
        let lost = try XCTUnwrap(again.recovered.damage.first?.entries)
        XCTAssertEqual(lost.lowerBound, 31)
        XCTAssertEqual(again.log.summary.last, longer.last)
        try again.repair(longer.entries.filter { $0.index <= lost.upperBound.next })
        XCTAssertEqual(try contents(of: again), longer)
        XCTAssertEqual(try contents(of: openFormed(disk.reboot(.lost))), longer)
    }

    // MARK: Logs with a base and damage

    /// Trimmed and replaced logs, closed, then damaged somewhere: what is below the base is of no account, all else is
    /// repaired.
    func testDamageToLogsWithABase() throws {
        var damaged = 0
        for seed in 1...250 as ClosedRange<UInt64> {
            let disk = FaultyDisk(seed: seed)
            let directory = try openFormed(disk)
            var model = LogModel()
            for step in BaseWorkload(seed: seed, steps: 40).steps {
                try step.run(on: directory)
                step.apply(to: &model)
            }
            try directory.close()
            var generator = SeededGenerator(seed: seed)
            guard let used = try usedBytes(of: disk) else { continue }
            let copy = disk.copy()
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let (path, count) = used[Int.random(in: used.indices, using: &generator)]
                let start = Int.random(in: 0..<count, using: &generator)
                let length = Bool.random(using: &generator) ? 1 : Int.random(in: 1...500, using: &generator)
                var bytes = copy.bytes(of: path) ?? []
                for offset in start..<min(count, start + length) { bytes[offset] ^= 0x24 }
                copy.plant(bytes, at: path)
            }
            let context = "seed \(seed)"
            let again = try openFormed(copy)
            XCTAssertTrue(again.recovered.mayVote, context)
            damaged += again.log.damage.isEmpty ? 0 : 1
            try checkServed(again, model.entries, context)
            try repair(again, from: model.entries, context)
            XCTAssertEqual(try contents(of: again), model, context)
            let settled = try openFormed(copy.reboot(.lost))
            XCTAssertEqual(settled.recovered.damage, [], context)
            XCTAssertEqual(try contents(of: settled), model, context)
        }
        XCTAssertGreaterThan(damaged, 30)
    }

    /// The segments in use and how many of their bytes, without the seal of the last; nil where there is no seal.
    private func usedBytes(of disk: FaultyDisk) throws -> [(String, Int)]? {
        let paths = try disk.list("log").map { "log/" + $0 }
        var used = try paths.map { ($0, try end(of: $0, on: disk)) }.filter { $0.1 > 64 }
        guard let last = used.popLast(), let bytes = disk.bytes(of: last.0), bytes[(last.1 + 7) & ~7 - 16] == 2 else {
            return nil
        }
        return used + [(last.0, last.1 - 56)]
    }

    // MARK: What a crash leaves (after canonical/raft's test_uv_load.c)

    func testHalfWrittenBasesAreOfNoAccount() throws {
        let (disk, model) = try makeTrimmed()
        disk.plant([1, 2, 3], at: "base.new")
        disk.plant([4], at: "base.copy.new")
        let directory = try openFormed(disk)
        XCTAssertEqual(try contents(of: directory), model)
        XCTAssertEqual(directory.recovered.damage, [])
    }

    /// Segments that a crash kept from being removed hold nothing any more.
    func testSegmentsBelowTheBaseAreRemovedAtTheNextStart() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        for token in 1...20 as ClosedRange<UInt64> {
            let part = Persist(
                token: PersistToken(token),
                entries: Workload.entries(2, term: 1, after: model, payloadBytesMax: 200, using: &generator)
            )
            try directory.persist([part])
            model.apply(part)
        }
        let entry = model.entries[29]
        let base = BaseState(entry: entry.id, chain: entry.chain, membership: [], state: [])
        let whole = disk.copy()
        try directory.trim(to: base)
        model.trim(to: base)
        let kept = try disk.list("log")
        XCTAssertGreaterThan(try whole.list("log").count, kept.count)
        for path in ["base", "base.copy"] { whole.plant(disk.bytes(of: path), at: path) }
        let next = whole.copy()
        XCTAssertEqual(try contents(of: openFormed(next)), model)
        XCTAssertEqual(try next.list("log"), kept)
        XCTAssertNil(next.bytes(of: first))
    }

    func testASegmentMissingAboveTheBase() throws {
        let (disk, model) = try makeTrimmed()
        let names = try disk.list("log").filter { $0.hasSuffix(".log") }
        XCTAssertGreaterThan(names.count, 1)
        for name in names.dropLast() {
            let copy = disk.copy()
            copy.plant(nil, at: "log/" + name)
            let directory = try openFormed(copy)
            let lost = try XCTUnwrap(directory.recovered.damage.first?.entries)
            XCTAssertEqual(lost.lowerBound, 31)
            try directory.repair(model.entries.filter { $0.index <= lost.upperBound.next })
            XCTAssertEqual(try contents(of: directory), model)
            XCTAssertEqual(try contents(of: openFormed(copy.reboot(.lost))), model)
        }
    }
}
