import Messaging
import Raft
import Storage
import XCTest

@testable import Cluster

/// A node that was away while the others removed what it lacks.
final class SnapshotTests: XCTestCase {
    private var cluster: LocalCluster?

    override func tearDownWithError() throws {
        try cluster?.tearDown()
        cluster = nil
    }

    func testANodeBehindATrimmedLogGoesOnFromThePrimarysState() throws {
        let cluster = try LocalCluster(3)
        self.cluster = cluster
        try cluster.startAll()
        let absent = cluster.nodes[2]
        try send(1...5, in: cluster)
        try cluster.stop(absent)
        try send(6...20, in: cluster)
        let kept = try cluster.nodes[0...1].map { node in
            try cluster.stop(node)
            try cluster.start(node)
            return try trim(node, keeping: 4, in: cluster)
        }
        XCTAssertEqual(Set(kept).count, 1)
        for node in cluster.nodes[0...1] {
            try cluster.stop(node)
            try cluster.start(node)
        }
        try cluster.start(absent)
        try send(21...25, in: cluster)
        let through = try readable(in: cluster)
        try cluster.waitUntilApplied(through, on: absent)
        let expected = try cluster.contents(on: cluster.primary(), through: through)
        XCTAssertEqual(expected, (17...25).map { "message \($0)" })
        XCTAssertEqual(try cluster.contents(on: absent, through: through), expected)
        XCTAssertEqual(try cluster.contents(on: absent, recipient: "bob", through: through), expected)
        let base = try XCTUnwrap(absent.running?.directory.base)
        XCTAssertEqual(base, cluster.nodes[0].running?.directory.base)

        // It starts again from what it was sent.
        try cluster.stop(absent)
        try cluster.start(absent)
        try cluster.waitUntilApplied(through, on: absent)
        XCTAssertEqual(try cluster.contents(on: absent, through: through), expected)
    }

    private func send(_ numbers: ClosedRange<Int>, in cluster: LocalCluster) throws {
        for number in numbers {
            let outcome = try cluster.send("message \(number)", to: cluster.primary())
            guard case .committed = outcome else { return XCTFail("message \(number): \(outcome)") }
        }
    }

    private func readable(in cluster: LocalCluster) throws -> UInt64 {
        let outcome = try cluster.read(from: cluster.primary())
        guard case .readable(let through) = outcome else { throw LocalCluster.TimedOut(description: "\(outcome)") }
        return through
    }

    /// Folds all but the last messages of a node's log into its base, as the node itself would.
    ///
    /// - Returns: the last entry folded.
    private func trim(_ node: LocalCluster.Node, keeping count: Int, in cluster: LocalCluster) throws -> EntryID {
        let directory = try XCTUnwrap(node.running?.directory)
        let summary = directory.log.summary
        let entries = try directory.log.entries(from: 1, through: summary.last.index, bytesMax: .max)
        let messages = entries.filter { $0.kind == .command }
        let last = messages[messages.count - count - 1]
        // A node folds what it has applied.
        try cluster.waitUntilApplied(last.index.rawValue, on: node)
        var broker = Broker()
        for entry in entries where entry.index <= last.index {
            if entry.kind == .command {
                _ = broker.apply(try Command(payload: entry.payload), at: entry.index.rawValue)
            } else {
                broker.advance(to: entry.index.rawValue)
            }
        }
        let base = BaseState(
            entry: last.id,
            chain: last.chain,
            membership: entries[0].payload,
            state: broker.encodedAsBase
        )
        try directory.trim(to: base)
        return last.id
    }
}

extension LocalCluster {
    func waitUntilApplied(_ index: UInt64, on node: Node) throws {
        guard let replica = node.running?.replica else { throw TimedOut(description: "\(node.id) does not run") }
        let isApplied = try wait { done in replica.whenApplied(index, within: .seconds(10), completion: done) }
        if !isApplied { throw TimedOut(description: "\(node.id) has not applied \(index): \(replica.status)") }
    }
}
