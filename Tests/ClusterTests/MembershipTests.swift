import Messaging
import Raft
import Synchronization
import XCTest

@testable import Cluster

/// What nodes say of changes of the members.
final class MembershipTests: XCTestCase {
    private var cluster: LocalCluster?

    override func tearDownWithError() throws {
        try cluster?.tearDown()
        cluster = nil
    }

    private func makeCluster() throws -> (LocalCluster, primary: Replica) {
        let cluster = try LocalCluster(3)
        self.cluster = cluster
        try cluster.startAll()
        return (cluster, try XCTUnwrap(cluster.primary().running?.replica))
    }

    private func make(_ change: MembershipChange, on replica: Replica, in cluster: LocalCluster) throws {
        try cluster.eventually("\(change) is made") { () -> Bool? in
            guard case .changed = try? cluster.wait({ replica.changeMembership(change, completion: $0) }) else {
                return nil
            }
            return true
        }
    }

    /// It asks for votes in vain. From who turns it away it hears why, and tells its clients.
    func testC15WhoWasAwayWhenItWasRemovedIsTold() throws {
        let (cluster, primary) = try makeCluster()
        let away = try XCTUnwrap(cluster.nodes.first { $0.id == "c" })
        try cluster.stop(away)
        try make(.remove("c"), on: primary, in: cluster)
        try cluster.start(away)
        let removed = try XCTUnwrap(away.running?.replica)
        let detail = try cluster.eventually("it knows") {
            removed.status.problems.first { $0.name == .notAMember }?.detail
        }
        XCTAssertTrue(detail.contains("while it was away, as"), detail)
        let outcome = try cluster.send("hello", to: away)
        guard case .notAccepted(.removed) = outcome else { return XCTFail("\(outcome)") }
    }

    /// What is in force and not committed may yet be cut off.
    func testMembersAreSettledOnceTheyAreCommitted() throws {
        let (cluster, _) = try makeCluster()
        var (primary, isUnderWay) = (try current(cluster), false)
        // Where the others were not heard just now, as on a busy machine, the primary refuses.
        for _ in 1...50 where !isUnderWay {
            primary = try current(cluster)
            isUnderWay = try beginChange(on: primary, cuttingOffOthersOf: cluster)
            if !isUnderWay { connect(cluster.nodes) }
        }
        XCTAssertTrue(isUnderWay)
        XCTAssertFalse(primary.status.areMembersSettled)
        XCTAssertEqual(primary.status.members.count { $0.kind == .learner }, 1)
        connect(cluster.nodes)
        try cluster.eventually("the members are settled") { primary.status.areMembersSettled ? true : nil }
    }

    private func current(_ cluster: LocalCluster) throws -> Replica {
        try XCTUnwrap(cluster.primary().running?.replica)
    }

    /// Whether the change was begun: no other node has it, for nothing that they are sent arrives whole.
    private func beginChange(on primary: Replica, cuttingOffOthersOf cluster: LocalCluster) throws -> Bool {
        try cluster.eventually("the members are settled and heard") { () -> Bool? in
            let status = primary.status
            return status.areMembersSettled && status.members.allSatisfy { $0.reachable == true } ? true : nil
        }
        let others = cluster.nodes.filter { $0.id != primary.status.nodeID }
        for node in others { node.endpoint.damage.withLock { damage in damage = { _ in [] } } }
        let refusal = Mutex<MembershipOutcome?>(nil)
        primary.changeMembership(.demote(try XCTUnwrap(others.last).id)) { outcome in
            refusal.withLock { $0 = outcome }
        }
        return try cluster.eventually("it is begun, or refused") {
            if !primary.status.areMembersSettled { return true }
            return refusal.withLock { $0 } == nil ? nil : false
        }
    }

    private func connect(_ nodes: [LocalCluster.Node]) {
        for node in nodes { node.endpoint.damage.withLock { damage in damage = { content in content } } }
    }
}
