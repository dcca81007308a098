import Raft
import SimulatedDisk
import Storage
import XCTest

/// Small files that are whole, and of this very node, but from another time or another history than the log beside
/// them. Nothing is deleted on their word.
final class ForeignHistoryTests: StorageTestCase {
    private let first = "log/0000000001.log"

    /// A directory with as many entries, the same for equal seeds.
    private func makeLog(_ count: Int, seed: UInt64, on disk: FaultyDisk) throws -> (DataDirectory, LogModel) {
        var generator = SeededGenerator(seed: seed)
        let directory = try openFormed(disk)
        var model = LogModel()
        let part = Persist(
            token: PersistToken(1),
            entries: Workload.entries(count, term: 2, after: model, payloadBytesMax: 30, using: &generator)
        )
        try directory.persist([part])
        model.apply(part)
        return (directory, model)
    }

    func testB16AnIdentityFromBeforeTheClusterDeletesNoEntry() throws {
        let disk = FaultyDisk(seed: 1)
        try open(disk).close()
        let old = disk.bytes(of: "identity")
        try makeLog(6, seed: 1, on: disk).0.close()
        let log = disk.bytes(of: first)
        disk.plant(old, at: "identity")
        assertThrows("damaged", try open(disk))
        XCTAssertEqual(disk.bytes(of: first), log)
    }

    func testB16ABaseOfAnotherHistoryDeletesNoEntry() throws {
        let other = FaultyDisk(seed: 1)
        let (directory, model) = try makeLog(6, seed: 1, on: other)
        let entry = model.entries[3]
        try directory.trim(to: BaseState(entry: entry.id, chain: entry.chain, membership: [], state: []))
        try directory.close()
        let disk = FaultyDisk(seed: 2)
        try makeLog(6, seed: 2, on: disk).0.close()
        let log = disk.bytes(of: first)
        for path in ["base", "base.copy"] { disk.plant(other.bytes(of: path), at: path) }
        assertThrows("damaged", try open(disk))
        XCTAssertEqual(disk.bytes(of: first), log)
    }
}
