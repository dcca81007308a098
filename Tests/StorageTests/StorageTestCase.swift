import Raft
import SimulatedDisk
import Storage
import XCTest

/// A node's storage on a faulty disk, with small segments and everything on one thread.
class StorageTestCase: XCTestCase {
    let cluster = ClusterID(high: 7, low: 9)

    func settings(segmentBytes: Int = 4096, firstSegmentBytes: Int = 2048) -> StorageSettings {
        StorageSettings(
            segmentBytes: segmentBytes,
            firstSegmentBytes: firstSegmentBytes,
            lowWaterBytes: 512,
            reserveBytes: 1024,
            retryInterval: .zero,
            preparesInBackground: false,
            now: { .zero }
        )
    }

    func open(
        _ disk: FaultyDisk,
        node: NodeID = "a",
        incarnation: Incarnation = 11,
        settings: StorageSettings? = nil
    ) throws -> DataDirectory {
        try DataDirectory.open(on: disk, node: node, incarnation: incarnation, settings: settings ?? self.settings())
    }

    /// Opens a directory and makes it one of the cluster, where it isn't yet.
    func openFormed(_ disk: FaultyDisk, settings: StorageSettings? = nil) throws -> DataDirectory {
        let directory = try open(disk, settings: settings)
        if directory.identity.cluster == nil { try directory.adopt(cluster: cluster, formation: [1, 2, 3]) }
        return directory
    }

    /// What the directory holds, every entry read and checked.
    func contents(of directory: DataDirectory) throws -> LogModel {
        let summary = directory.log.summary
        XCTAssertEqual(summary.base, directory.base?.entry ?? .zero)
        XCTAssertEqual(summary.baseChain, directory.base?.chain ?? .empty)
        let entries = try directory.log.entries(
            from: summary.base.index.next,
            through: summary.last.index,
            bytesMax: 1 << 30
        )
        XCTAssertEqual(entries.last?.id ?? summary.base, summary.last)
        XCTAssertEqual(entries.last?.chain ?? summary.baseChain, summary.lastChain)
        XCTAssertEqual(runs(of: entries), summary.termRuns)
        let memberships = entries.filter { $0.kind == .membership }
        XCTAssertEqual(memberships.map(\.index), summary.membershipIndexes)
        XCTAssertEqual(try directory.log.membershipEntries(), memberships)
        return LogModel(hardState: directory.recovered.hardState, base: directory.base, entries: entries)
    }

    /// Everything in the log counts as applied, for the next start.
    func keepCheckpoint(in directory: DataDirectory) {
        let summary = directory.log.summary
        directory.keep(Checkpoint(entry: summary.last, chain: summary.lastChain, state: [1, 2]))
    }

    func runs(of entries: [Entry]) -> [TermRun] {
        var runs: [TermRun] = []
        for entry in entries where entry.term != runs.last?.term {
            runs.append(TermRun(firstIndex: entry.index, term: entry.term))
        }
        return runs
    }

    func assertThrows<Result>(
        _ code: String,
        _ body: @autoclosure () throws -> Result,
        file: StaticString = #filePath,
        line: UInt = #line
    ) {
        XCTAssertThrowsError(try body(), file: file, line: line) { error in
            guard let error = error as? StorageError else { return XCTFail("\(error)", file: file, line: line) }
            XCTAssertTrue("\(error.code)".hasPrefix(code), "\(error.code): \(error)", file: file, line: line)
        }
    }
}
