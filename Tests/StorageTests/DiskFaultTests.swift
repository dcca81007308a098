import Raft
import SimulatedDisk
import Synchronization
import XCTest

@testable import Storage

/// The disk refuses: errors are final, lack of room is not.
final class DiskFaultTests: StorageTestCase {
    private let workload = Workload(seed: 3, calls: 16)

    // MARK: Errors

    /// fsyncgate (raft.md B11): a sync fails once and would succeed the next time. Nothing may be written any more,
    /// and what the next process reads from the system's memory must be on the disk before it is promised.
    func testB11ASyncErrorIsFinalAndNothingUnsyncedIsPromisedLater() throws {
        for operation in 1...(try operationsOfTheWorkload()) {
            let disk = FaultyDisk(seed: UInt64(operation))
            disk.inject(.error, at: operation)
            var durable = LogModel()
            var possible = [durable]
            do {
                let directory = try openFormed(disk)
                for call in workload.calls {
                    possible = durable.states(within: call)
                    do {
                        try directory.persist(call)
                    } catch {
                        let next = Persist(token: PersistToken(999), hardState: HardState(term: 999, vote: "a"))
                        XCTAssertThrowsError(try directory.persist([next]), "after an error at \(operation)")
                        throw error
                    }
                    for part in call { durable.apply(part) }
                    possible = [durable]
                }
            } catch is StorageError {}
            // The process ends; what it wrote is still in the system's memory, marked clean where the sync failed.
            let next = disk.restartProcess()
            let found = try contents(of: openFormed(next))
            XCTAssertTrue(possible.contains(found), "operation \(operation)")
            // It was promised by the process that read it, so a power cut now must not take it.
            XCTAssertEqual(try contents(of: openFormed(next.reboot(.lost))), found, "operation \(operation)")
        }
    }

    /// The next segment is made ahead, by whoever asks for the room: an error in that is final too, and nothing is made
    /// a second time. Found by simulation: a file renamed but not synced was made again, and stopped the process.
    func testAnErrorWhileMakingASegmentAheadIsFinal() throws {
        for operation in 1...(try operationsOfTheWorkload()) {
            let disk = FaultyDisk(seed: UInt64(operation))
            disk.inject(.error, at: operation)
            guard let directory = try? openFormed(disk) else { continue }
            for call in workload.calls where (try? directory.persist(call)) == nil { break }
            let operations = disk.operations
            _ = directory.room
            _ = directory.room
            XCTAssertEqual(disk.operations, operations, "after an error at \(operation)")
            XCTAssertThrowsError(try directory.persist([Persist(token: PersistToken(1000))]), "operation \(operation)")
        }
    }

    // MARK: Room

    /// raft.md B12, B13: at every fill level of the disk the same call succeeds once there is room, and the content is
    /// what it would have been.
    func testB12B13DiskFullAtEveryByteBudget() throws {
        let roomy = FaultyDisk(seed: 0)
        let whole = try openFormed(roomy)
        for call in workload.calls { try whole.persist(call) }
        let expected = LogModel(hardState: lastHardState, entries: try contents(of: whole).entries)
        for budget in stride(from: 0, through: 60_000, by: 197) {
            let disk = FaultyDisk(seed: UInt64(budget))
            try fill(disk, expected, "capacity \(budget)") { disk.setCapacity($0 ? budget : nil) }
            let other = FaultyDisk(seed: UInt64(budget))
            try fill(other, expected, "write budget \(budget)") { other.setWriteBudget($0 ? budget : nil) }
        }
    }

    /// Runs the workload, making room whenever the disk is full.
    private func fill(
        _ disk: FaultyDisk,
        _ expected: LogModel,
        _ context: String,
        limit: (Bool) -> Void
    ) throws {
        limit(true)
        func retrying(_ body: () throws -> Void) throws {
            do { try body() } catch let error as StorageError {
                XCTAssertEqual(error.code, .diskFull, context)
                limit(false)
                try body()
            }
        }
        var directory: DataDirectory?
        try retrying { directory = try open(disk) }
        let opened = try XCTUnwrap(directory)
        try retrying { try opened.adopt(cluster: cluster, formation: [1, 2, 3]) }
        for call in workload.calls { try retrying { try opened.persist(call) } }
        let found = try contents(of: opened)
        XCTAssertEqual(found.entries, expected.entries, context)
        limit(false)
        let again = try contents(of: openFormed(disk.reboot(.lost)))
        XCTAssertEqual(again, expected, context)
    }

    /// A power cut after the disk was full and before there was room: the failed call left nothing, or all of a part.
    func testB19PowerCutOnAFullDisk() throws {
        for budget in stride(from: 12_000, through: 40_000, by: 331) {
            for fate in [UnsyncedFate.lost, .kept, .drawn] {
                let disk = FaultyDisk(seed: UInt64(budget))
                let directory = try openFormed(disk)
                disk.setWriteBudget(budget)
                var model = LogModel()
                var possible = [model]
                for call in workload.calls {
                    possible = model.states(within: call)
                    do { try directory.persist(call) } catch {
                        XCTAssertEqual(error.code, .diskFull)
                        break
                    }
                    for part in call { model.apply(part) }
                    possible = [model]
                }
                let next = disk.reboot(fate)
                next.setWriteBudget(nil)
                XCTAssertTrue(possible.contains(try contents(of: openFormed(next))), "budget \(budget) \(fate)")
            }
        }
    }

    /// With nothing free at all an existing directory opens, votes, and takes what fits into the segments it has.
    func testB13ANodeStartsOnAFullDisk() throws {
        let disk = FaultyDisk(seed: 1)
        try openFormed(disk).close()
        let full = disk.copy()
        full.setCapacity(0)
        let directory = try openFormed(full)
        var generator = SeededGenerator(seed: 1)
        let part = Persist(
            token: PersistToken(1),
            hardState: HardState(term: 2, vote: "a"),
            entries: Workload.entries(3, term: 2, after: LogModel(), using: &generator)
        )
        try directory.persist([part])
        XCTAssertEqual(directory.log.summary.last.index, 3)
    }

    func testProposalsAreRefusedBeforeTheLastRoomIsUsedAndTakenAgainByThemselves() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        XCTAssertTrue(directory.room.acceptsProposals)
        XCTAssertEqual(directory.room.segmentBytes, 2048 - 64)
        disk.setCapacity(0)
        var model = LogModel()
        var generator = SeededGenerator(seed: 1)
        var token: UInt64 = 0
        func append() throws {
            token += 1
            let part = Persist(
                token: PersistToken(token),
                entries: Workload.entries(1, term: 1, after: model, payloadBytesMax: 60, using: &generator)
            )
            try directory.persist([part])
            model.apply(part)
        }
        while directory.room.acceptsProposals { try append() }
        XCTAssertLessThan(directory.room.segmentBytes, 512)
        XCTAssertEqual(directory.room.freeBytes, 0)
        // A vote and a few small entries still fit.
        try directory.persist([Persist(token: PersistToken(1000), hardState: HardState(term: 7, vote: "b"))])
        token = 1000
        try append()
        XCTAssertFalse(directory.room.acceptsProposals)
        disk.setCapacity(nil)
        XCTAssertTrue(directory.room.acceptsProposals)
        XCTAssertGreaterThan(directory.room.preparedBytes, 0)
        XCTAssertEqual(try contents(of: directory).entries, model.entries)
    }

    /// Writes so much that the next segment is due.
    private func fillFirstSegment(of directory: DataDirectory) throws {
        var generator = SeededGenerator(seed: 1)
        try directory.persist([
            Persist(
                token: PersistToken(1),
                entries: Workload.entries(9, term: 1, after: LogModel(), payloadBytesMax: 250, using: &generator)
            )
        ])
    }

    func testProposalsAreRefusedWhileItIsTriedWhetherThereIsRoomAgain() throws {
        let disk = FaultyDisk(seed: 1)
        var settings = settings()
        settings.retryInterval = .zero
        settings.preparesInBackground = true
        let directory = try openFormed(disk, settings: settings)
        disk.setCapacity(0)
        try fillFirstSegment(of: directory)
        directory.log.preparer.wait()
        for _ in 1...1000 { XCTAssertFalse(directory.room.acceptsProposals) }
        disk.setCapacity(nil)
        directory.log.preparer.wait()
        _ = directory.room
        directory.log.preparer.wait()
        XCTAssertTrue(directory.room.acceptsProposals)
    }

    func testAFullDiskIsNotTriedAgainBeforeTheInterval() throws {
        let disk = FaultyDisk(seed: 1)
        let clock = Mutex(Instant(nanoseconds: 0))
        var settings = settings()
        settings.retryInterval = .seconds(1)
        settings.now = { clock.withLock { $0 } }
        let directory = try openFormed(disk, settings: settings)
        disk.setCapacity(0)
        try fillFirstSegment(of: directory)
        disk.setCapacity(nil)
        clock.withLock { $0 = $0 + .milliseconds(999) }
        XCTAssertEqual(directory.room.preparedBytes, 0)
        clock.withLock { $0 = $0 + .milliseconds(1) }
        XCTAssertGreaterThan(directory.room.preparedBytes, 0)
    }

    // MARK: Helpers

    private var lastHardState: HardState {
        workload.calls.joined().compactMap(\.hardState).last ?? .initial
    }

    private func operationsOfTheWorkload() throws -> Int {
        let disk = FaultyDisk(seed: 0)
        let directory = try openFormed(disk)
        for call in workload.calls { try directory.persist(call) }
        return disk.operations
    }
}
