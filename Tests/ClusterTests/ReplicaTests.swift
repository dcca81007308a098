import Foundation
import HTTPServer
import Messaging
import Raft
import Storage
import StorageView
import Synchronization
import XCTest

@testable import Cluster

final class ReplicaTests: XCTestCase {
    private var cluster: LocalCluster?

    override func tearDownWithError() throws {
        try cluster?.tearDown()
        cluster = nil
    }

    func testASingleVoterStoresAndFindsItsMessagesAgain() throws {
        let cluster = try makeCluster(1)
        let ids = try (1...20).map { try committed(cluster.send("message \($0)", to: cluster.nodes[0])).lowerBound }
        XCTAssertEqual(ids, ids.sorted())
        try cluster.stopAll()
        try cluster.startAll()
        let through = try readable(cluster.read(from: cluster.primary()))
        XCTAssertEqual(
            try cluster.contents(on: cluster.nodes[0], through: through),
            (1...20).map { "message \($0)" }
        )
    }

    func testTheFirstListedVoterBecomesPrimaryOfAFreshCluster() throws {
        for _ in 1...3 {
            let cluster = try makeCluster(3)
            XCTAssertEqual(try cluster.primary().id, "a")
            try cluster.tearDown()
        }
        cluster = nil
    }

    func testAWriteIsOnEveryNodeOfAPairBeforeItIsAcknowledged() throws {
        let cluster = try makeCluster(2)
        let primary = try cluster.primary()
        guard case .committed(let ids, _, let copies) = try cluster.send("hello", to: primary) else {
            return XCTFail("not committed")
        }
        XCTAssertEqual(copies, 2)
        for node in cluster.nodes {
            let log = try XCTUnwrap(node.running?.directory.log)
            XCTAssertGreaterThanOrEqual(log.summary.last.index.rawValue, ids.upperBound)
        }
    }

    func testEveryNodeKnowsTheClocksOfTheOthers() throws {
        let cluster = try makeCluster(3)
        _ = try cluster.primary()
        for node in cluster.nodes {
            let offsets = try cluster.eventually("the clocks of \(node.id)") { () -> [Double]? in
                let members = node.running?.replica.status.members ?? []
                let offsets = members.compactMap(\.clockOffsetMilliseconds)
                return offsets.count == 3 ? offsets : nil
            }
            // All on one machine: what is left is half of the fastest round trip.
            for offset in offsets { XCTAssertLessThan(abs(offset), 50) }
        }
    }

    func testAPageSaysExactlyWhetherThereIsMore() throws {
        let cluster = try makeCluster(1)
        let node = try cluster.primary()
        for number in 1...4 {
            _ = try committed(cluster.send("\(number)", to: node))
            // Other entries in between, and at the end.
            _ = try committed(cluster.send("\(number)", to: node, recipient: "carol"))
        }
        let through = try readable(cluster.read(from: node))
        for isViewed in [false, true] {
            if isViewed {
                let view = try XCTUnwrap(node.running?.view)
                _ = try cluster.eventually("the view") { view.position.index.rawValue >= through ? true : nil }
            }
            for (limit, count, more) in [(1, 1, true), (3, 3, true), (4, 4, false), (5, 4, false)] {
                let query = MessageQuery(recipient: "bob", after: 0, through: through, limit: limit)
                let reader = try XCTUnwrap(node.running?.replica.reader)
                let page = try cluster.wait { done in reader.page(query, completion: done) }.get()
                XCTAssertEqual(page.messages.count, count)
                XCTAssertEqual(page.more, more, "\(limit), viewed: \(isViewed)")
            }
        }
    }

    func testABackupNamesThePrimary() throws {
        let cluster = try makeCluster(3)
        let primary = try cluster.primary()
        let backup = try XCTUnwrap(cluster.nodes.first { $0.id != primary.id })
        guard case .notAccepted(.notPrimary(let named)) = try cluster.send("hello", to: backup) else {
            return XCTFail("a backup took a write")
        }
        XCTAssertEqual(named, Primary(id: primary.id, url: primary.url))
    }

    func testABackupAnswersReadsItself() throws {
        let cluster = try makeCluster(3)
        let primary = try cluster.primary()
        for number in 1...10 {
            let ids = try committed(cluster.send("\(number)", to: primary))
            for node in cluster.nodes {
                let through = try readable(cluster.read(from: node))
                XCTAssertGreaterThanOrEqual(through, ids.upperBound)
                XCTAssertEqual(try cluster.contents(on: node, through: through).count, number)
            }
        }
    }

    /// A read asked of a backup while the primary is lost waits for the next one.
    func testReadsOfABackupOutliveThePrimary() throws {
        let cluster = try makeCluster(3)
        let primary = try cluster.primary()
        let ids = try committed(cluster.send("one", to: primary))
        let backups = cluster.nodes.filter { $0.id != primary.id }
        try cluster.stop(primary)
        for backup in backups {
            XCTAssertGreaterThanOrEqual(try readable(cluster.read(from: backup)), ids.upperBound)
        }
    }

    func testAPairWithoutItsBackupRefusesAtOnceAndResumesByItself() throws {
        let cluster = try makeCluster(2)
        let primary = try cluster.primary()
        _ = try committed(cluster.send("before", to: primary))
        let backup = try XCTUnwrap(cluster.nodes.first { $0.id != primary.id })
        try cluster.stop(backup)
        backup.server.stop()
        let replica = try XCTUnwrap(primary.running?.replica)
        _ = try cluster.eventually("the loss was noticed") {
            replica.status.members.contains { $0.reachable == false } ? true : nil
        }
        let start = Clocks.monotonic()
        guard case .notAccepted(.noQuorum) = try cluster.send("while it is away", to: primary) else {
            return XCTFail("not refused")
        }
        XCTAssertLessThan(Clocks.monotonic().since(start), .milliseconds(500))
    }

    func testAllNodesRestartAndFindEverything() throws {
        let cluster = try makeCluster(3)
        let primary = try cluster.primary()
        for number in 1...50 { _ = try committed(cluster.send("\(number)", to: primary)) }
        try cluster.stopAll()
        try cluster.startAll()
        let next = try cluster.primary()
        let through = try readable(cluster.read(from: next))
        XCTAssertEqual(try cluster.contents(on: next, through: through), (1...50).map(String.init))
        XCTAssertEqual(try cluster.contents(on: next, recipient: "bob", through: through).count, 50)
        XCTAssertEqual(try cluster.contents(on: next, recipient: "carol", through: through), [])
    }

    /// What was applied before need not be applied again, and where that isn't known it is.
    func testARestartGoesOnFromWhatWasApplied() throws {
        let cluster = try makeCluster(1)
        let node = cluster.nodes[0]
        for number in 1...20 { _ = try committed(cluster.send("\(number)", to: cluster.primary())) }
        let applied = try XCTUnwrap(node.running?.replica.status.appliedIndex)
        for isKept in [true, false] {
            try cluster.stopAll()
            if !isKept { try FileManager.default.removeItem(atPath: node.path + "/checkpoint") }
            try cluster.startAll()
            let checkpoint = try XCTUnwrap(node.running?.directory.recovered).checkpoint
            XCTAssertEqual(checkpoint?.entry.index.rawValue, isKept ? applied : nil)
            let through = try readable(cluster.read(from: cluster.primary()))
            XCTAssertEqual(node.running?.replica.status.messageCount, 20)
            XCTAssertEqual(try cluster.contents(on: node, recipient: "bob", through: through).count, 20)
        }
    }

    func testAnotherNodeTakesOverWhenThePrimaryStops() throws {
        let cluster = try makeCluster(3)
        let first = try cluster.primary()
        let before = try committed(cluster.send("one", to: first))
        try cluster.stop(first)
        let second = try cluster.primary()
        XCTAssertNotEqual(second.id, first.id)
        let after = try committed(cluster.send("two", to: second))
        XCTAssertGreaterThan(after.lowerBound, before.upperBound)
        try cluster.start(first)
        let replica = try XCTUnwrap(first.running?.replica)
        _ = try cluster.eventually("the old primary caught up") {
            replica.status.appliedIndex >= after.upperBound ? true : nil
        }
        XCTAssertEqual(try cluster.contents(on: first, through: after.upperBound), ["one", "two"])
    }

    /// What is asked meanwhile is held for the next primary, and what was asked before is committed.
    func testAPrimaryHandsOver() throws {
        let cluster = try makeCluster(3)
        for round in 1...5 {
            let former = try cluster.primary()
            let replica = try XCTUnwrap(former.running?.replica)
            let outcomes = Mutex<[WriteOutcome]>([])
            let propose = { (content: String) in
                let draft = Draft(sender: "alice", recipient: "bob", content: content)
                replica.propose([Command.unstampedPayload(of: draft)], copies: 1, hold: .seconds(5)) { outcome in
                    outcomes.withLock { $0.append(outcome) }
                }
            }
            for number in 1...10 { propose("before \(round).\(number)") }
            let transfer = try cluster.wait { done in
                replica.transferLeadership(to: nil, completion: done)
                for number in 1...10 { propose("after \(round).\(number)") }
            }
            guard case .transferred(let successor) = transfer else { return XCTFail("\(transfer)") }
            XCTAssertNotEqual(successor, former.id)
            let all = try cluster.eventually("outcomes") {
                outcomes.withLock { $0.count == 20 ? $0 : nil }
            }
            XCTAssertEqual(all.count { if case .committed = $0 { true } else { false } }, 10)
            XCTAssertEqual(
                all.count {
                    if case .notAccepted(.notPrimary(let next)) = $0 { next.id == successor } else { false }
                },
                10
            )
        }
        let follower = try XCTUnwrap(cluster.nodes.first { $0.running?.replica.status.role == .follower })
        let replica = try XCTUnwrap(follower.running?.replica)
        let refused = try cluster.wait { replica.transferLeadership(to: nil, completion: $0) }
        guard case .notAccepted(.notPrimary) = refused else { return XCTFail("\(refused)") }
    }

    /// Members come to know of each change, and the one removed of its removal.
    func testTheMembershipShrinks() throws {
        let cluster = try makeCluster(3)
        let primary = try cluster.primary()
        let replica = try XCTUnwrap(primary.running?.replica)
        for change in [.demote("c"), .promote("c"), .remove("c")] as [MembershipChange] {
            let outcome = try cluster.eventually("the change is made") {
                let outcome = try? cluster.wait { replica.changeMembership(change, completion: $0) }
                if case .changed = outcome { return outcome }
                return nil
            }
            guard case .changed = outcome else { return XCTFail("\(outcome)") }
            _ = try committed(cluster.send("after \(change)", to: primary))
        }
        let removed = try XCTUnwrap(cluster.nodes.first { $0.id == "c" }?.running?.replica)
        _ = try cluster.eventually("the removed node knows") {
            removed.status.problems.contains { $0.name == .notAMember } ? true : nil
        }
        XCTAssertEqual(replica.status.members.map(\.id), ["a", "b"])
        let unknown = try cluster.wait { replica.changeMembership(.remove("c"), completion: $0) }
        XCTAssertEqual(unknown, .refused(.unknownMember))
        let backup = try XCTUnwrap(cluster.nodes.first { $0.id == "b" }?.running?.replica)
        let elsewhere = try cluster.wait { backup.changeMembership(.remove("a"), completion: $0) }
        XCTAssertEqual(elsewhere, .notAccepted(.notPrimary(Primary(id: "a", url: primary.url))))
        try cluster.stopAll()
        try cluster.startAll()
        let again = try XCTUnwrap(try cluster.primary().running?.replica)
        XCTAssertEqual(again.status.members.map(\.id), ["a", "b"], "the log says so, not the founding")
    }

    func testMoreCopiesThanThereAreNodesAtHandIsRefused() throws {
        let cluster = try makeCluster(3)
        let primary = try cluster.primary()
        // One of the backups is enough for a primary.
        try cluster.eventually("both backups are at hand") { () -> Bool? in
            let members = primary.running?.replica.status.members ?? []
            return members.count(where: { $0.reachable == true }) == 3 ? true : nil
        }
        guard case .committed(_, _, let copies) = try cluster.send("three", to: primary, copies: 3) else {
            return XCTFail("not committed")
        }
        XCTAssertEqual(copies, 3)
    }

    func testStampsGrowAlongTheLogOverAChangeOfPrimary() throws {
        let cluster = try makeCluster(3)
        let first = try cluster.primary()
        guard case .committed(_, let before, _) = try cluster.send("one", to: first) else {
            return XCTFail("not committed")
        }
        try cluster.stop(first)
        guard case .committed(_, let after, _) = try cluster.send("two", to: cluster.primary()) else {
            return XCTFail("not committed")
        }
        XCTAssertGreaterThan(after[0], before[0])
    }

    func testAWaiterIsCalledOnceTheEntryIsApplied() throws {
        let cluster = try makeCluster(1)
        let replica = try XCTUnwrap(cluster.primary().running?.replica)
        XCTAssertFalse(
            try cluster.wait { replica.whenApplied(1000, within: .milliseconds(1), completion: $0) }
        )
        XCTAssertTrue(try cluster.wait { replica.whenApplied(1, within: .seconds(5), completion: $0) })
    }

    private func makeCluster(_ count: Int) throws -> LocalCluster {
        let cluster = try LocalCluster(count)
        self.cluster = cluster
        try cluster.startAll()
        return cluster
    }

    private func committed(_ outcome: WriteOutcome, line: UInt = #line) throws -> ClosedRange<UInt64> {
        guard case .committed(let ids, _, _) = outcome else {
            throw LocalCluster.TimedOut(description: "line \(line): \(outcome)")
        }
        return ids
    }

    private func readable(_ outcome: ReadOutcome, line: UInt = #line) throws -> UInt64 {
        guard case .readable(let through) = outcome else {
            throw LocalCluster.TimedOut(description: "line \(line): \(outcome)")
        }
        return through
    }
}
