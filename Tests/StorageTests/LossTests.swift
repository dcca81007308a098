import Raft
import SimulatedDisk
import Storage
import XCTest

/// What was written last is missing: the node starts, knows that it may have acknowledged more than it has, and goes
/// on behind what is left (raft.md B8, B18).
final class LossTests: DamageTestCase {
    /// The directory opens, keeps a beginning of the log, and says that there was more, until told otherwise.
    private func checkLoss(_ disk: FaultyDisk, _ model: LogModel, _ context: String) throws {
        let directory = try open(disk)
        let last = directory.log.summary.last.index
        let kept = Array(model.entries.prefix(Int(last.rawValue)))
        XCTAssertEqual(directory.recovered.lostFrom, last.next, context)
        XCTAssertFalse(directory.recovered.mayVote, context)
        try checkServed(directory, kept, context)
        try repair(directory, from: kept, context)
        XCTAssertEqual(try contents(of: directory).entries, kept, context)
        try directory.persist([Persist(token: PersistToken(1), entries: Array(model.entries[kept.count...]))])
        let again = try open(disk.reboot(.lost))
        XCTAssertEqual(again.recovered.lostFrom, last.next, context)
        XCTAssertEqual(again.recovered.damage, [], context)
        XCTAssertEqual(try contents(of: again).entries, model.entries, context)
        try again.settleLoss()
        try again.close()
        let settled = try open(disk.reboot(.lost).copy())
        XCTAssertEqual(try contents(of: settled).entries, model.entries, context)
    }

    func testB8TheLastSegmentIsMissing() throws {
        let (disk, model) = try makeLog(sealed: true)
        disk.plant(nil, at: second)
        try checkLoss(disk, model, "the last segment is missing")
    }

    func testB18TheWholeLogIsMissing() throws {
        let (disk, model) = try makeLog(sealed: true)
        for path in [first, second] { disk.plant(nil, at: path) }
        try checkLoss(disk, model, "the whole log is missing")
    }

    func testEveryTruncationOfTheLastSegment() throws {
        let (disk, model) = try makeLog(sealed: true)
        let bytes = try XCTUnwrap(disk.bytes(of: second))
        for length in 0..<bytes.count {
            let copy = disk.copy()
            copy.plant(Array(bytes[..<length]), at: second)
            try checkLoss(copy, model, "\(length) bytes")
        }
    }

    func testTheLastSegmentIsAllZeros() throws {
        let (disk, model) = try makeLog(sealed: true)
        disk.plant([UInt8](repeating: 0, count: 832), at: second)
        try checkLoss(disk, model, "the last segment is zeros")
        XCTAssertEqual(try disk.list("log").filter { $0.hasSuffix(".damaged") }, ["0000000002.log.damaged"])
    }

    func testALossIsSettledOnce() throws {
        let (disk, _) = try makeLog(sealed: true)
        disk.plant(nil, at: second)
        let directory = try open(disk)
        let last = directory.log.summary.last
        try directory.settleLoss()
        let again = try open(disk.reboot(.lost))
        XCTAssertTrue(again.recovered.mayVote)
        XCTAssertEqual(again.log.summary.last, last)
    }

    /// The log goes on only once it is on disk that something was lost: no crash makes a node forget it.
    func testPowerCutAtEveryOperationOfTheStart() throws {
        let (disk, model) = try makeLog(sealed: true)
        let damages: [(FaultyDisk) -> Void] = [
            { $0.plant(nil, at: self.second) },
            { $0.plant([UInt8](repeating: 0, count: 832), at: self.second) },
            { $0.plant(Array(($0.bytes(of: self.second) ?? []).prefix(300)), at: self.second) },
            { disk in for path in [self.first, self.second] { disk.plant(nil, at: path) } },
        ]
        for (number, damage) in damages.enumerated() {
            let damaged = disk.copy()
            damage(damaged)
            let rehearsal = damaged.copy()
            let expected = try open(rehearsal).recovered.lostFrom
            XCTAssertNotNil(expected)
            for operation in 1...rehearsal.operations {
                for fault in [FaultyDisk.Fault.powerCutBefore, .powerCutAfter, .powerCutWithin] {
                    let copy = damaged.copy()
                    copy.inject(fault, at: operation)
                    XCTAssertThrowsError(try open(copy))
                    let next = copy.reboot()
                    XCTAssertEqual(try open(next).recovered.lostFrom, expected, "\(number), \(operation) \(fault)")
                    try checkLoss(next.copy(), model, "\(number), \(operation) \(fault)")
                }
            }
        }
    }

    /// A base that was made of the log speaks of entries that are nowhere.
    func testABaseAheadOfTheLog() throws {
        let (disk, model) = try makeLog(sealed: true)
        let before = disk.copy()
        let directory = try open(disk)
        let entry = try XCTUnwrap(model.entries.last)
        let base = BaseState(entry: entry.id, chain: entry.chain, membership: [1], state: [2])
        try directory.trim(to: base)
        for path in ["base", "base.copy"] { before.plant(disk.bytes(of: path), at: path) }
        // The last batch is cut off as torn: nothing stands behind it once the seal is gone.
        let stop = try end(of: second, on: before)
        for offset in stop - 60..<stop { before.flip(bit: 0, ofByte: offset, in: second) }
        let again = try open(before)
        XCTAssertEqual(again.recovered.lostFrom, entry.index.next)
        XCTAssertEqual(again.log.summary.base, entry.id)
        XCTAssertEqual(again.log.summary.last, entry.id)
        XCTAssertEqual(try open(before.reboot(.lost)).log.summary, again.log.summary)
    }
}
