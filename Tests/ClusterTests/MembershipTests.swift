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
        let (cluster, primary) = try makeCluster()
        try cluster.eventually("the first members are settled") { primary.status.areMembersSettled ? true : nil }
        let others = cluster.nodes.filter { $0.running?.replica.status.role != .leader }
        XCTAssertEqual(others.count, 2)
        for node in others { node.endpoint.damage.withLock { damage in damage = { _ in [] } } }
        primary.changeMembership(.demote(try XCTUnwrap(others.last).id)) { _ in }
        try cluster.eventually("a change is under way") { primary.status.areMembersSettled ? nil : true }
        XCTAssertEqual(primary.status.members.count { $0.kind == .learner }, 1)
        for node in others { node.endpoint.damage.withLock { damage in damage = { content in content } } }
        try cluster.eventually("the members are settled") { primary.status.areMembersSettled ? true : nil }
    }
}
