import Dispatch
import Raft
import SimulatedDisk
import Storage
import Synchronization
import XCTest

/// Reading the log: limits, whole batches, any thread.
final class LogReadingTests: StorageTestCase {
    /// Entries 1…, each batch as long as `batches` says, with 100 bytes of payload.
    private func entries(batches: [Int], term: Term = 1, after model: LogModel = LogModel()) -> [Entry] {
        var entries = model.entries
        for batch in batches {
            for place in 1...batch {
                entries.append(
                    Entry(
                        id: EntryID(term: term, index: LogIndex(UInt64(entries.count) + 1)),
                        kind: .command,
                        continues: place < batch,
                        payload: [UInt8](repeating: UInt8(entries.count % 256), count: 100),
                        after: entries.last?.chain ?? .empty
                    )
                )
            }
        }
        return Array(entries[model.entries.count...])
    }

    private func makeLog(batches: [Int]) throws -> (DataDirectory, [Entry]) {
        let directory = try openFormed(FaultyDisk(seed: 1))
        let entries = entries(batches: batches)
        try directory.persist([Persist(token: PersistToken(1), entries: entries)])
        return (directory, entries)
    }

    func testReadsAnyRange() throws {
        let (directory, entries) = try makeLog(batches: [1, 1, 1, 1, 1, 1])
        for first in 1...6 {
            for last in first...6 {
                let found = try directory.log.entries(
                    from: LogIndex(UInt64(first)),
                    through: LogIndex(UInt64(last)),
                    bytesMax: 1 << 20
                )
                XCTAssertEqual(found, Array(entries[first - 1..<last]))
            }
            XCTAssertEqual(try directory.log.entry(at: LogIndex(UInt64(first))), entries[first - 1])
        }
        XCTAssertEqual(try directory.log.entries(from: 4, through: 3, bytesMax: 10), [])
        XCTAssertEqual(try directory.log.entries(from: 1, through: 6, bytesMax: .max), entries)
        assertThrows("outOfRange", try directory.log.entries(from: 0, through: 3, bytesMax: 10))
        assertThrows("outOfRange", try directory.log.entries(from: 3, through: 7, bytesMax: 10))
        XCTAssertEqual(try directory.log.chains(0...6), [.empty] + entries.map(\.chain))
        XCTAssertEqual(try directory.log.identity(at: 3).0, entries[2].id)
    }

    func testNeverReturnsPartOfABatch() throws {
        let (directory, entries) = try makeLog(batches: [2, 3, 1, 4])
        func count(from first: LogIndex, bytesMax: Int, entriesMax: Int = .max) throws -> Int {
            let found = try directory.log.entries(
                from: first,
                through: 10,
                bytesMax: bytesMax,
                entriesMax: entriesMax
            )
            XCTAssertEqual(found, Array(entries[Int(first.rawValue) - 1..<Int(first.rawValue) - 1 + found.count]))
            return found.count
        }
        // A record takes 136 bytes.
        XCTAssertEqual(try count(from: 1, bytesMax: 0), 2)
        XCTAssertEqual(try count(from: 1, bytesMax: 4 * 136), 2)
        XCTAssertEqual(try count(from: 1, bytesMax: 5 * 136), 5)
        XCTAssertEqual(try count(from: 1, bytesMax: 5 * 136 + 135), 5)
        XCTAssertEqual(try count(from: 1, bytesMax: 6 * 136), 6)
        XCTAssertEqual(try count(from: 7, bytesMax: 1), 4)
        XCTAssertEqual(try count(from: 1, bytesMax: 1 << 20, entriesMax: 4), 2)
        XCTAssertEqual(try count(from: 1, bytesMax: 1 << 20, entriesMax: 6), 6)
        XCTAssertEqual(try count(from: 3, bytesMax: 1 << 20, entriesMax: 1), 3)
        // Up to an index inside a batch, if that is what is asked for.
        XCTAssertEqual(try directory.log.entries(from: 1, through: 4, bytesMax: 1 << 20).count, 4)
    }

    func testReadsOverSegmentsAndTruncations() throws {
        let directory = try openFormed(FaultyDisk(seed: 1))
        var model = LogModel()
        for token in 1...40 as ClosedRange<UInt64> {
            var part = Persist(token: PersistToken(token))
            if token % 4 == 0 { part.truncateAfter = LogIndex(model.last.index.rawValue - 3) }
            var after = model
            after.applyLog(part)
            part.entries = entries(batches: [1, 2], term: Term(token), after: after)
            try directory.persist([part])
            model.apply(part)
        }
        XCTAssertEqual(try contents(of: directory).entries, model.entries)
        for index in model.entries.indices {
            XCTAssertEqual(try directory.log.entry(at: LogIndex(UInt64(index) + 1)), model.entries[index])
            XCTAssertEqual(directory.log.summary.term(at: LogIndex(UInt64(index) + 1)), model.entries[index].term)
        }
    }

    /// A cut that goes back over several segments, with what replaces it in the same call.
    func testATruncationOverSegments() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        var model = LogModel()
        for token in 1...20 as ClosedRange<UInt64> {
            let part = Persist(token: PersistToken(token), entries: entries(batches: [2, 2], after: model))
            try directory.persist([part])
            model.apply(part)
        }
        XCTAssertGreaterThan(try disk.list("log").count, 2)
        var part = Persist(token: PersistToken(21), truncateAfter: 5)
        var after = model
        after.truncate(after: 5)
        part.entries = entries(batches: [1], term: 2, after: after)
        var again = Persist(token: PersistToken(22), truncateAfter: 4)
        after.truncate(after: 4)
        again.entries = entries(batches: [1, 2], term: 3, after: after)
        try directory.persist([part, again])
        model.apply(part)
        model.apply(again)
        XCTAssertEqual(try contents(of: directory).entries, model.entries)
        XCTAssertEqual(try contents(of: openFormed(disk.reboot(.lost))).entries, model.entries)
        var nothing = Persist(token: PersistToken(23), truncateAfter: 0)
        nothing.entries = entries(batches: [1], term: 4)
        try directory.persist([nothing])
        XCTAssertEqual(try directory.log.entries(from: 1, through: 1, bytesMax: 1), nothing.entries)
        XCTAssertEqual(try openFormed(disk.reboot(.lost)).log.summary.last, EntryID(term: 4, index: 1))
    }

    /// Readers on other threads see a prefix of what was appended, at any time, also while tails are replaced.
    func testConcurrentReaders() throws {
        let directory = try openFormed(FaultyDisk(seed: 1))
        let log = directory.log
        let done = Atomic(false)
        let failures = Mutex<[String]>([])
        let readers = DispatchGroup()
        for _ in 0..<3 {
            DispatchQueue.global().async(group: readers) {
                while !done.load(ordering: .acquiring) {
                    let last = log.summary.last.index
                    do {
                        let read = try log.entries(from: 1, through: last, bytesMax: 4000)
                        for (entry, next) in zip(read, read.dropFirst()) where !next.follows(entry.chain) {
                            failures.withLock { $0.append("\(next.id) does not follow \(entry.id)") }
                        }
                    } catch let error as StorageError where error.code == .outOfRange {
                        // The tail was cut off between the two calls.
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
            }
        }
        var model = LogModel()
        for token in 1...300 as ClosedRange<UInt64> {
            var part = Persist(token: PersistToken(token))
            if token % 3 == 0 { part.truncateAfter = LogIndex(model.last.index.rawValue - 2) }
            var after = model
            after.applyLog(part)
            part.entries = entries(batches: [1, 2], term: Term(token), after: after)
            try directory.persist([part])
            model.apply(part)
        }
        done.store(true, ordering: .releasing)
        XCTAssertEqual(readers.wait(timeout: .now() + 30), .success)
        XCTAssertEqual(failures.withLock { $0 }, [])
        XCTAssertEqual(try contents(of: directory).entries, model.entries)
    }
}
