import Raft
import SimulatedDisk
import Storage
import XCTest

/// A log that begins after a base: trimmed, or put in place of another.
final class BaseTests: StorageTestCase {
    private var generator = SeededGenerator(seed: 12)

    private func base(at entry: Entry, state: [UInt8] = [1, 2, 3]) -> BaseState {
        BaseState(
            entry: entry.id,
            chain: entry.chain,
            membership: [7],
            state: state
        )
    }

    private func foreignBase(_ index: LogIndex, term: Term = 9) -> BaseState {
        BaseState(entry: EntryID(term: term, index: index), chain: ChainValue(77), membership: [8], state: [4])
    }

    /// Appends as many batches of two entries.
    private func fill(
        _ directory: DataDirectory,
        _ model: inout LogModel,
        batches: Int,
        term: Term = 1,
        firstToken: UInt64 = 1
    ) throws {
        for token in firstToken..<firstToken + UInt64(batches) {
            let entries = Workload.entries(2, term: term, after: model, payloadBytesMax: 200, using: &generator)
            let part = Persist(token: PersistToken(token), entries: entries)
            try directory.persist([part])
            model.apply(part)
        }
    }

    private func check(_ directory: DataDirectory, _ disk: FaultyDisk, _ model: LogModel) throws {
        XCTAssertEqual(try contents(of: directory), model)
        let again = try openFormed(disk.reboot(.lost))
        XCTAssertEqual(try contents(of: again), model)
        XCTAssertEqual(again.recovered.base, model.base)
        XCTAssertEqual(again.recovered.damage, [])
    }

    // MARK: Trimming

    func testATrimmedLogBeginsAfterItsBase() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        try fill(directory, &model, batches: 40)
        XCTAssertNil(directory.base)
        let stored = directory.log.storedBytes
        let segments = try disk.list("log")
        XCTAssertGreaterThan(segments.count, 4)
        let base = base(at: model.entries[60])
        try directory.trim(to: base)
        model.trim(to: base)
        XCTAssertEqual(directory.base, base)
        assertThrows("outOfRange", try directory.log.entry(at: base.entry.index))
        XCTAssertEqual(try directory.log.identity(at: base.entry.index).1, base.chain)
        XCTAssertEqual(try directory.log.chains(61...80), [base.chain] + model.entries.map(\.chain))
        // Room really comes back, oldest segments first.
        XCTAssertLessThan(directory.log.storedBytes, stored / 2)
        let kept = try disk.list("log")
        XCTAssertEqual(kept, Array(segments.suffix(kept.count)))
        try check(directory, disk, model)
        try fill(directory, &model, batches: 10, firstToken: 100)
        try check(directory, disk, model)
    }

    func testTrimmingEverythingLeavesAnEmptyLogThatGoesOn() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        try fill(directory, &model, batches: 20)
        let base = base(at: try XCTUnwrap(model.entries.last))
        try directory.trim(to: base)
        model.trim(to: base)
        XCTAssertEqual(directory.log.summary.termRuns, [])
        try check(directory, disk, model)
        try fill(directory, &model, batches: 20, term: 4, firstToken: 100)
        try check(directory, disk, model)
    }

    func testTrimmingWithinASegmentKeepsItsFile() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        try fill(directory, &model, batches: 3)
        let segments = try disk.list("log")
        let base = base(at: model.entries[2])
        try directory.trim(to: base)
        try directory.trim(to: base)
        model.trim(to: base)
        XCTAssertEqual(try disk.list("log"), segments)
        try check(directory, disk, model)
    }

    func testABaseTheLogDoesNotHoldIsRefused() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        try fill(directory, &model, batches: 20)
        assertThrows("outOfRange", try directory.trim(to: foreignBase(41)))
        let base = base(at: model.entries[9])
        let older = self.base(at: model.entries[8])
        try directory.trim(to: base)
        model.trim(to: base)
        assertThrows("outOfRange", try directory.trim(to: older))
        try check(directory, disk, model)
    }

    /// What a segment says at its beginning may have been cut off later: entry 30 was, before 31 to 40 came to be.
    func testTrimmingToAnEntryThatReplacedOthers() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        try fill(directory, &model, batches: 20)
        for token in 100...103 as ClosedRange<UInt64> {
            var part = Persist(token: PersistToken(token), truncateAfter: model.last.index.advanced(by: -9))
            var after = model
            after.applyLog(part)
            part.entries = Workload.entries(8, term: Term(token), after: after, payloadBytesMax: 300, using: &generator)
            try directory.persist([part])
            model.apply(part)
        }
        for entry in model.entries.dropLast() {
            let base = base(at: entry)
            try directory.trim(to: base)
            model.trim(to: base)
            try check(directory, disk, model)
        }
    }

    func testMembershipsAndTermsBelowTheBaseAreForgotten() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        for term in 1...9 as ClosedRange<UInt64> {
            try fill(directory, &model, batches: 8, term: Term(term), firstToken: term * 10)
        }
        let memberships = directory.log.summary.membershipIndexes
        XCTAssertGreaterThan(memberships.count, 4)
        for index in memberships {
            let base = base(at: try directory.log.entry(at: index))
            try directory.trim(to: base)
            model.trim(to: base)
            XCTAssertEqual(directory.log.summary.term(at: index), base.entry.term)
            XCTAssertEqual(directory.log.summary.membershipIndexes, memberships.filter { $0 > index })
            try check(directory, disk, model)
        }
    }

    // MARK: Installing

    func testAnInstalledBaseReplacesEverything() throws {
        for index in [1, 20, 40, 41, 1000] as [LogIndex] {
            let disk = FaultyDisk(seed: 1)
            let directory = try openFormed(disk)
            var model = LogModel()
            try fill(directory, &model, batches: 20)
            let base = foreignBase(index)
            try directory.install(base)
            model.install(base)
            XCTAssertLessThanOrEqual(try disk.list("log").count, 2)
            try check(directory, disk, model)
            try fill(directory, &model, batches: 20, term: 10, firstToken: 100)
            try check(directory, disk, model)
        }
    }

    /// A base of our own history replaces the entries behind it as well: what the log held is void.
    func testAnInstalledBaseOfTheSameHistoryLeavesNoTail() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        try fill(directory, &model, batches: 20)
        let base = base(at: model.entries[20])
        try directory.install(base)
        model.install(base)
        try check(directory, disk, model)
    }

    func testANodeThatJoinsBeginsWithABase() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try open(disk)
        try directory.adopt(cluster: cluster, formation: nil)
        var model = LogModel()
        try directory.install(foreignBase(500))
        model.install(foreignBase(500))
        try check(directory, disk, model)
        try fill(directory, &model, batches: 3, term: 11)
        try directory.install(foreignBase(700, term: 12))
        model.install(foreignBase(700, term: 12))
        try check(directory, disk, model)
    }

    func testAnInstalledBaseIsTrimmedAway() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        try directory.install(foreignBase(500))
        model.install(foreignBase(500))
        try fill(directory, &model, batches: 30, term: 11)
        let base = base(at: model.entries[40])
        try directory.trim(to: base)
        model.trim(to: base)
        try check(directory, disk, model)
    }

    // MARK: Room

    /// On a full disk a base still finds room, the one kept for it, and what it trims makes more.
    func testTrimmingAFullDiskMakesRoom() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        try fill(directory, &model, batches: 40)
        disk.setCapacity(try usedBytes(of: disk))
        while directory.room.acceptsProposals {
            try fill(directory, &model, batches: 1, firstToken: model.last.index.rawValue + 100)
        }
        let base = base(at: model.entries[60], state: [UInt8](repeating: 5, count: 200))
        try directory.trim(to: base)
        model.trim(to: base)
        XCTAssertLessThan(directory.log.storedBytes, 20_000)
        disk.setCapacity(60_000)
        XCTAssertTrue(directory.room.acceptsProposals)
        try check(directory, disk, model)
    }

    /// Without any room the log can't record that it was replaced: the base vouches for it until it can.
    func testAReplacedLogThatHasNoRoomToSaySo() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        try fill(directory, &model, batches: 20)
        disk.setWriteBudget(700)
        while (try? directory.persist([
            Persist(
                token: PersistToken(model.last.index.rawValue + 1000),
                entries: Workload.entries(1, term: 1, after: model, using: &generator)
            )
        ])) != nil { model = try contents(of: directory) }
        let base = foreignBase(300)
        disk.setWriteBudget(BaseTests.baseBytes(base) * 2)
        try directory.install(base)
        model.install(base)
        XCTAssertEqual(try contents(of: directory), model)
        try directory.seal()
        // Without room at the next start either.
        let full = disk.reboot(.lost)
        full.setWriteBudget(2000)
        XCTAssertEqual(try contents(of: openFormed(full)), model)
        disk.setWriteBudget(nil)
        try fill(directory, &model, batches: 1, term: 10, firstToken: 5000)
        try check(directory, disk, model)
    }

    private func usedBytes(of disk: FaultyDisk) throws -> Int {
        try ["", "log/"].reduce(0) { sum, folder in
            try disk.list(String(folder.dropLast())).reduce(sum) { $0 + (try disk.size(folder + $1) ?? 0) }
        }
    }

    private static func baseBytes(_ base: BaseState) -> Int { 116 + base.membership.count + base.state.count }
}
