import Foundation
import Raft
import Storage
import XCTest

/// Prints figures, asserts nothing about them. `TANDEM_BENCHMARK=1 swift test -c release --filter StorageBenchmarks`.
final class StorageBenchmarks: StorageTestCase {
    private var path = ""

    override func setUpWithError() throws {
        try XCTSkipUnless(
            ProcessInfo.processInfo.environment["TANDEM_BENCHMARK"] != nil,
            "set TANDEM_BENCHMARK=1 to measure"
        )
        path = NSTemporaryDirectory() + "tandem-storage-\(UUID().uuidString)"
    }

    override func tearDownWithError() throws {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }

    private func entries(_ count: Int, payloadBytes: Int, after summary: LogSummary) -> [Entry] {
        var chain = summary.lastChain
        var index = summary.last.index
        let payload = [UInt8](repeating: 65, count: payloadBytes)
        return (0..<count).map { _ in
            index = index.next
            let entry = Entry(id: EntryID(term: 1, index: index), kind: .command, payload: payload, after: chain)
            chain = entry.chain
            return entry
        }
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = StorageSettings.monotonicNow()
        try body()
        return Double(StorageSettings.monotonicNow().since(start).wholeNanoseconds) / 1e9
    }

    private func show(_ what: String, _ value: Double, _ unit: String) {
        print("\(what): \((value * 100).rounded() / 100) \(unit)")
    }

    func testAppend() throws {
        for batch in [1, 10, 100, 1000] {
            let directory = try DataDirectory.open(
                on: RealDisk(path: path + "/\(batch)"),
                node: "a",
                incarnation: 1
            )
            try directory.adopt(cluster: cluster, formation: nil)
            let rounds = min(3000, 300_000 / batch)
            var batches: [[Entry]] = []
            var summary = LogSummary.empty
            for _ in 0..<rounds {
                batches.append(entries(batch, payloadBytes: 200, after: summary))
                guard let last = batches.last?.last else { continue }
                summary.last = last.id
                summary.lastChain = last.chain
            }
            var token: UInt64 = 0
            let time = try seconds {
                for entries in batches {
                    token += 1
                    try directory.persist([Persist(token: PersistToken(token), entries: entries)])
                }
            }
            show("append, batches of \(batch)", time / Double(rounds * batch) * 1e6, "µs an entry")
            for share in [0.5, 0.99] {
                let quantile = directory.syncLatencies.quantile(share) ?? .zero
                show("  sync, \(share)", Double(quantile.wholeNanoseconds) / 1e3, "µs")
            }
            try directory.close()
        }
    }

    func testRecoverAndRead() throws {
        let count = 2_000_000
        var directory = try DataDirectory.open(on: RealDisk(path: path), node: "a", incarnation: 1)
        try directory.adopt(cluster: cluster, formation: nil)
        for token in 1...UInt64(count / 1000) {
            let batch = entries(1000, payloadBytes: 200, after: directory.log.summary)
            try directory.persist([Persist(token: PersistToken(token), entries: batch)])
        }
        try directory.close()
        let bytes = Double(count * 232)
        let opening = try seconds {
            directory = try DataDirectory.open(on: RealDisk(path: path), node: "a", incarnation: 1)
        }
        show("recover", bytes / opening / 1e6, "MB/s")
        show("recover \(count) entries", opening * 1e3, "ms")
        let last = directory.log.summary.last.index
        let reading = try seconds {
            var next = LogIndex(1)
            while next <= last {
                next = next.advanced(
                    by: try directory.log.entries(from: next, through: last, bytesMax: 1 << 20).count
                )
            }
        }
        show("read all in order", bytes / reading / 1e6, "MB/s")
        let picks = (0..<20_000).map { LogIndex(UInt64($0 * 7919 % count) + 1) }
        let picking = try seconds { for index in picks { _ = try directory.log.entry(at: index) } }
        show("read one at random", picking / Double(picks.count) * 1e6, "µs")
        try directory.close()
    }

    /// Ten million small messages, as a node finds them when it starts; `TANDEM_ENTRIES` for another count.
    func testStartOfALargeLog() throws {
        let count = ProcessInfo.processInfo.environment["TANDEM_ENTRIES"].flatMap { Int($0) } ?? 10_000_000
        var directory = try DataDirectory.open(on: RealDisk(path: path), node: "a", incarnation: 1)
        try directory.adopt(cluster: cluster, formation: nil)
        for token in 1...UInt64(count / 10_000) {
            let batch = entries(10_000, payloadBytes: 100, after: directory.log.summary)
            try directory.persist([Persist(token: PersistToken(token), entries: batch)])
        }
        try directory.close()
        show("stored", Double(directory.log.storedBytes) / 1e6, "MB")
        let opening = try seconds {
            directory = try DataDirectory.open(on: RealDisk(path: path), node: "a", incarnation: 1)
        }
        show("open with \(count) entries", opening * 1e3, "ms")
        let chains = try seconds { _ = try directory.log.chains(0...directory.log.summary.last.index) }
        show("all chain values", chains * 1e3, "ms")
        try directory.close()
    }
}
