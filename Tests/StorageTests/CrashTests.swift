import Foundation
import Raft
import SimulatedDisk
import Storage
import XCTest

/// The power fails at every single operation of a fixed workload, in every way: what was promised is there at the next
/// start, which never needs anybody's help.
final class CrashTests: StorageTestCase {
    /// How many times a random outcome is drawn at each operation; `TANDEM_SEEDS` for more.
    private let drawnSeeds = ProcessInfo.processInfo.environment["TANDEM_SEEDS"].flatMap { Int($0) } ?? 1

    /// How far a run came.
    private struct Progress {
        var opened = false
        var adopted = false
        var durable = LogModel()
        /// States the disk may be in.
        var possible = [LogModel()]
    }

    private func run(_ workload: Workload, on disk: FaultyDisk, _ progress: inout Progress) throws {
        let directory = try open(disk)
        progress.opened = true
        try directory.adopt(cluster: cluster, formation: [1, 2, 3])
        progress.adopted = true
        for (number, call) in workload.calls.enumerated() {
            progress.possible = progress.durable.states(within: call)
            try directory.persist(call)
            for part in call { progress.durable.apply(part) }
            progress.possible = [progress.durable]
            if number % 7 == 6 { try directory.seal() }
            if number % 4 == 3 { keepCheckpoint(in: directory) }
        }
        try directory.close()
    }

    func testB9B10PowerCutAtEveryOperation() throws {
        try cutPowerAtEveryOperation(of: Workload(seed: 1, calls: 24))
    }

    func testPowerCutAtEveryOperationOfAWitness() throws {
        try cutPowerAtEveryOperation(of: Workload(seed: 4, calls: 40, isWitness: true))
    }

    private func cutPowerAtEveryOperation(of workload: Workload) throws {
        let rehearsal = FaultyDisk(seed: 0)
        var complete = Progress()
        try run(workload, on: rehearsal, &complete)
        let count = rehearsal.operations
        XCTAssertGreaterThan(count, 100)
        XCTAssertGreaterThan(try rehearsal.list("log").count, 3)
        for operation in 1...count {
            for fault in [FaultyDisk.Fault.powerCutBefore, .powerCutAfter, .powerCutWithin] {
                for (fate, seeds) in [(UnsyncedFate.lost, 1), (.kept, 1), (.drawn, drawnSeeds)] {
                    for seed in 0..<seeds {
                        let disk = FaultyDisk(seed: UInt64(operation * 100 + seed))
                        disk.inject(fault, at: operation)
                        var progress = Progress()
                        XCTAssertThrowsError(try run(workload, on: disk, &progress))
                        try check(disk.reboot(fate), progress, "operation \(operation) \(fault) \(fate) \(seed)")
                    }
                }
            }
        }
    }

    private func check(_ disk: FaultyDisk, _ progress: Progress, _ context: String) throws {
        let directory: DataDirectory
        do { directory = try open(disk, incarnation: 22) } catch {
            return XCTFail("\(context): the next start fails: \(error)")
        }
        let identity = directory.identity
        if progress.opened { XCTAssertEqual(identity.incarnation, 11, context) }
        if progress.adopted { XCTAssertEqual(identity.cluster, cluster, context) }
        guard identity.cluster != nil else { return }
        XCTAssertEqual(identity.formation, [1, 2, 3], context)
        let found = try contents(of: directory)
        guard progress.possible.contains(found) else {
            return XCTFail("\(context): \(found.hardState) with \(found.last) is none of the possible states")
        }
        try goOn(directory, from: found, disk, context)
    }

    /// What was recovered can be built on, and is there again at the next start.
    private func goOn(_ directory: DataDirectory, from found: LogModel, _ disk: FaultyDisk, _ context: String) throws {
        var generator = SeededGenerator(seed: 5)
        var model = found
        let part = Persist(
            token: PersistToken(1),
            entries: Workload.entries(3, term: Term(1000), after: model, using: &generator)
        )
        try directory.persist([part])
        model.apply(part)
        XCTAssertEqual(try contents(of: directory), model, context)
        let again = try open(disk.reboot(.lost))
        XCTAssertEqual(try contents(of: again), model, context)
        XCTAssertEqual(again.recovered.bootCount, directory.recovered.bootCount + 1, context)
    }

    /// A crash while recovering from a crash changes nothing.
    func testPowerCutAtEveryOperationOfTheRecovery() throws {
        let workload = Workload(seed: 2, calls: 10)
        for operation in stride(from: 40, through: 70, by: 3) {
            let disk = FaultyDisk(seed: UInt64(operation))
            disk.inject(.powerCutWithin, at: operation)
            var progress = Progress()
            XCTAssertThrowsError(try run(workload, on: disk, &progress))
            let crashed = disk.reboot()
            let rehearsal = crashed.restartProcess()
            let first = try contents(of: openFormed(rehearsal))
            for second in 1...rehearsal.operations {
                for fault in [FaultyDisk.Fault.powerCutBefore, .powerCutAfter, .powerCutWithin] {
                    let disk = crashed.restartProcess()
                    disk.inject(fault, at: second)
                    XCTAssertThrowsError(try openFormed(disk))
                    let found = try contents(of: openFormed(disk.reboot()))
                    XCTAssertEqual(found, first, "operation \(operation), then \(second) \(fault)")
                }
            }
        }
    }

    /// Any seed: one workload each, a power cut somewhere, many times over on the same disk.
    func testPowerCutsOneAfterTheOther() throws {
        for seed in 1...60 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var disk = FaultyDisk(seed: seed)
            var possible = [LogModel()]
            var term = Term(1)
            for _ in 0..<8 {
                let modes: [FaultyDisk.Fault] = [.powerCutBefore, .powerCutAfter, .powerCutWithin]
                disk.inject(
                    modes[Int.random(in: 0..<3, using: &generator)],
                    at: Int.random(in: 1...60, using: &generator)
                )
                do {
                    let directory = try openFormed(disk)
                    let found = try contents(of: directory)
                    XCTAssertTrue(possible.contains(found), "seed \(seed)")
                    var model = found
                    possible = [found]
                    for token in 1...40 as ClosedRange<UInt64> {
                        term = term.next
                        var part = Persist(token: PersistToken(token))
                        if token % 5 == 0 { part.hardState = HardState(term: term, vote: "b") }
                        part.entries = Workload.entries(
                            2,
                            term: term,
                            after: model,
                            payloadBytesMax: 400,
                            using: &generator
                        )
                        possible = model.states(within: [part])
                        try directory.persist([part])
                        model.apply(part)
                        possible = [model]
                    }
                } catch is StorageError {
                    XCTAssertTrue(disk.isDead, "seed \(seed)")
                }
                disk = disk.reboot()
            }
        }
    }
}
