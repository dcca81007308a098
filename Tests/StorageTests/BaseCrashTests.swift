import Foundation
import Raft
import SimulatedDisk
import Storage
import XCTest

/// The power fails at every single operation while logs are trimmed and replaced: never is a base without the log that
/// goes on from it, or an old log behind a newer base (raft.md B17).
final class BaseCrashTests: StorageTestCase {
    private let faults: [FaultyDisk.Fault] = [.powerCutBefore, .powerCutAfter, .powerCutWithin]
    private let fates: [UnsyncedFate] = [.lost, .kept, .drawn]

    private struct Progress {
        var durable = LogModel()
        var possible = [LogModel()]
    }

    private func run(_ workload: BaseWorkload, on disk: FaultyDisk, _ progress: inout Progress) throws {
        let directory = try openFormed(disk)
        for step in workload.steps {
            progress.possible = step.states(from: progress.durable)
            try step.run(on: directory)
            step.apply(to: &progress.durable)
            progress.possible = [progress.durable]
        }
        XCTAssertEqual(directory.base, progress.durable.base)
    }

    private func operations(of workload: BaseWorkload) throws -> Int {
        let disk = FaultyDisk(seed: 0)
        var progress = Progress()
        try run(workload, on: disk, &progress)
        XCTAssertEqual(try contents(of: openFormed(disk.reboot(.lost))), progress.durable)
        return disk.operations
    }

    func testB17PowerCutAtEveryOperation() throws {
        for seed in [1, 4, 7] as [UInt64] {
            let workload = BaseWorkload(seed: seed, steps: 40)
            let trims = workload.steps.filter { if case .trim = $0 { true } else { false } }.count
            let installs = workload.steps.filter { if case .install = $0 { true } else { false } }.count
            XCTAssertTrue(trims > 1 && installs > 1, "\(trims) trims and \(installs) installs in seed \(seed)")
            for operation in 1...(try operations(of: workload)) {
                for (number, fault) in faults.enumerated() {
                    let fate = fates[(operation + number) % 3]
                    let disk = FaultyDisk(seed: UInt64(operation))
                    disk.inject(fault, at: operation)
                    var progress = Progress()
                    XCTAssertThrowsError(try run(workload, on: disk, &progress))
                    try check(disk.reboot(fate), progress, "seed \(seed), operation \(operation) \(fault) \(fate)")
                }
            }
        }
    }

    private func check(_ disk: FaultyDisk, _ progress: Progress, _ context: String) throws {
        let directory: DataDirectory
        do { directory = try openFormed(disk) } catch {
            return XCTFail("\(context): the next start fails: \(error)")
        }
        let found = try contents(of: directory)
        guard progress.possible.contains(found) else {
            return XCTFail("\(context): base \(String(describing: found.base)) through \(found.last) is not possible")
        }
        XCTAssertEqual(directory.recovered.damage, [], context)
        var generator = SeededGenerator(seed: 5)
        var model = found
        for token in 1...3 as ClosedRange<UInt64> {
            let entries = Workload.entries(3, term: 1000, after: model, using: &generator)
            var steps = [BaseWorkload.Step.persist([Persist(token: PersistToken(token), entries: entries)])]
            if token != 2, !model.entries.isEmpty {
                steps.insert(.trim(BaseWorkload.trimmed(model, using: &generator)), at: 0)
            }
            for step in steps {
                try step.run(on: directory)
                step.apply(to: &model)
            }
        }
        XCTAssertEqual(try contents(of: directory), model, context)
        XCTAssertEqual(try contents(of: openFormed(disk.reboot(.lost))), model, context)
    }

    /// A crash while recovering from a crash within a trim or an install changes nothing.
    func testPowerCutAtEveryOperationOfTheRecovery() throws {
        let workload = BaseWorkload(seed: 4, steps: 40)
        for operation in stride(from: 30, through: try operations(of: workload), by: 7) {
            let disk = FaultyDisk(seed: UInt64(operation))
            disk.inject(.powerCutWithin, at: operation)
            var progress = Progress()
            XCTAssertThrowsError(try run(workload, on: disk, &progress))
            let crashed = disk.reboot()
            let rehearsal = crashed.restartProcess()
            let first = try contents(of: openFormed(rehearsal))
            for second in 1...rehearsal.operations {
                for fault in faults {
                    let disk = crashed.restartProcess()
                    disk.inject(fault, at: second)
                    XCTAssertThrowsError(try openFormed(disk))
                    let found = try contents(of: openFormed(disk.reboot()))
                    XCTAssertEqual(found, first, "operation \(operation), then \(second) \(fault)")
                }
            }
        }
    }

    /// An error at any operation is final, and the next process finds what a crash would have left.
    func testAnErrorAtEveryOperation() throws {
        let workload = BaseWorkload(seed: 7, steps: 40)
        for operation in 1...(try operations(of: workload)) {
            let disk = FaultyDisk(seed: UInt64(operation))
            disk.inject(.error, at: operation)
            var progress = Progress()
            XCTAssertThrowsError(try run(workload, on: disk, &progress))
            let next = disk.restartProcess()
            let found = try contents(of: openFormed(next))
            XCTAssertTrue(progress.possible.contains(found), "operation \(operation)")
            XCTAssertEqual(try contents(of: openFormed(next.reboot(.lost))), found, "operation \(operation)")
        }
    }

    /// At every fill level of the disk: a call that finds no room changes nothing, also where something else is done
    /// next; and a power cut right after it leaves a possible state.
    func testDiskFullAtEveryByteBudget() throws {
        let workload = BaseWorkload(seed: 1, steps: 40)
        for budget in stride(from: 4_000, through: 70_000, by: 211) {
            let disk = FaultyDisk(seed: UInt64(budget))
            let directory = try openFormed(disk)
            disk.setWriteBudget(budget)
            var model = LogModel()
            for step in workload.steps {
                do { try step.run(on: directory) } catch {
                    XCTAssertEqual(error.code, .diskFull, "budget \(budget)")
                    let crashed = try contents(of: openFormed(Self.roomy(disk.reboot(.kept))))
                    XCTAssertTrue(step.states(from: model).contains(crashed), "budget \(budget)")
                    disk.setWriteBudget(nil)
                    var generator = SeededGenerator(seed: 3)
                    let part = Persist(
                        token: PersistToken(1000),
                        hardState: HardState(term: 900, vote: "a"),
                        entries: Workload.entries(2, term: 900, after: model, using: &generator)
                    )
                    try directory.persist([part])
                    model.apply(part)
                    let between = try contents(of: openFormed(disk.reboot(.lost)))
                    XCTAssertEqual(between, model, "budget \(budget)")
                    break
                }
                step.apply(to: &model)
            }
        }
    }

    private static func roomy(_ disk: FaultyDisk) -> FaultyDisk {
        disk.setWriteBudget(nil)
        return disk
    }
}
