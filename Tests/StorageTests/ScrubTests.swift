import Raft
import SimulatedDisk
import Storage
import XCTest

/// Damage is found without anybody asking for the entry.
final class ScrubTests: DamageTestCase {
    /// Reads on until the round is over; what was found.
    private func round(_ scrub: inout LogScrub, bytesMax: Int = 100) throws -> [Damage] {
        var damage: [Damage] = []
        for _ in 0..<1000 {
            let step = try scrub.step(bytesMax: bytesMax)
            damage += step.damage
            XCTAssertLessThanOrEqual(step.bytes, bytesMax + 400)
            if step.isRoundComplete { return damage }
        }
        XCTFail("the round does not end")
        return damage
    }

    func testEverySingleBit() throws {
        let (disk, model) = try makeLog(sealed: true)
        for path in [first, second] {
            let stop = try end(of: path, on: disk)
            for offset in 64..<stop + 64 where offset < disk.bytes(of: path)?.count ?? 0 {
                let copy = disk.copy()
                let directory = try open(copy)
                var scrub = LogScrub(directory.log)
                XCTAssertEqual(try round(&scrub), [])
                copy.flip(bit: offset % 8, ofByte: offset, in: path)
                let context = "\(path), byte \(offset)"
                let found = try round(&scrub)
                XCTAssertEqual(found.isEmpty, offset >= stop, context)
                XCTAssertEqual(found, directory.log.damage, context)
                try directory.repair([])
                try repair(directory, from: model.entries, context)
                XCTAssertEqual(try round(&scrub), [], context)
                XCTAssertEqual(try contents(of: directory).entries, model.entries, context)
            }
        }
    }

    func testASectorThatCanNotBeRead() throws {
        let (disk, model) = try makeLog(sealed: true)
        let directory = try open(disk)
        var scrub = LogScrub(directory.log)
        disk.spoil(512..<832, of: first)
        XCTAssertEqual(try round(&scrub).first?.file, first)
        try repair(directory, from: model.entries, "after a scrub")
        XCTAssertEqual(try round(&scrub), [])
    }

    func testPiecesOfAnySize() throws {
        let (disk, _) = try makeLog(sealed: true)
        let directory = try open(disk)
        for bytesMax in [1, 56, 57, 300, 100_000] {
            var scrub = LogScrub(directory.log)
            XCTAssertEqual(try round(&scrub, bytesMax: bytesMax), [], "\(bytesMax)")
        }
    }

    /// The log is written, trimmed and replaced meanwhile: no damage is seen where there is none.
    func testALogThatChangesMeanwhile() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            let directory = try openFormed(FaultyDisk(seed: seed))
            var scrub = LogScrub(directory.log)
            for step in BaseWorkload(seed: seed, steps: 60).steps {
                try step.run(on: directory)
                XCTAssertEqual(try scrub.step(bytesMax: 200).damage, [], "seed \(seed)")
            }
            _ = try round(&scrub)
            XCTAssertEqual(try round(&scrub), [], "seed \(seed)")
        }
    }
}
