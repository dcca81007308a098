import Raft
import XCTest

@testable import Simulation

/// Members come and go while everything else goes wrong.
final class MembershipTests: XCTestCase {
    private func world(_ script: String, nodes: String = "3", spares: Int = 1) throws -> World {
        World(try Scenario(text: "seed 3\nnodes \(nodes)\nspares \(spares)\nduration 3000000\n" + script))
    }

    private func members(_ world: World) -> [String] {
        world.oracle.committed.membership.members.map { "\($0.id) \($0.kind)" }
    }

    func testANewNodeBecomesAVoter() throws {
        let world = try world("at 100000 join f f voter")
        XCTAssertEqual(world.run(), [])
        XCTAssertEqual(members(world), ["a voter", "b voter", "c voter", "f voter"])
        XCTAssertEqual(world.statistics.membershipChanges, 2)
    }

    func testThePrimaryIsRemoved() throws {
        let world = try world("at 100000 remove any")
        XCTAssertEqual(world.run(), [])
        XCTAssertEqual(members(world), ["b voter", "c voter"])
        XCTAssertGreaterThan(world.statistics.elections, 1)
    }

    func testAWitnessIsReplacedUnderItsName() throws {
        let world = try world("at 100000 join f w witness\nat 500000 remove w", nodes: "2+w")
        XCTAssertEqual(world.run(), [])
        XCTAssertEqual(members(world), ["a voter", "b voter", "w witness"])
        XCTAssertEqual(world.oracle.committed.membership["w"]?.url, "http://f")
    }

    func testChangesThatNothingComesOfAreGivenUp() throws {
        let world = try world("at 100000 join f f voter\nat 200000 remove a", nodes: "1")
        XCTAssertEqual(world.run(), [])
        XCTAssertFalse(members(world).isEmpty)
    }

    // MARK: The checks

    private func incarnation(of id: NodeID) -> Incarnation { Incarnation(UInt64(id.rawValue.utf8.first ?? 0)) }

    private func voters(_ ids: [NodeID]) -> Membership {
        Membership(ids.map { Membership.Member(id: $0, kind: .voter, incarnation: incarnation(of: $0), url: "") })
    }

    func testQuorumsThatShareNobodyAreSeen() {
        XCTAssertTrue(Oracle.quorumsIntersect(voters(["a", "b", "c"]), voters(["a", "b", "c", "d"])))
        XCTAssertTrue(Oracle.quorumsIntersect(voters(["a", "b"]), voters(["a"])))
        XCTAssertFalse(Oracle.quorumsIntersect(voters(["a", "b", "c"]), voters(["a", "d", "e"])))
        XCTAssertFalse(Oracle.quorumsIntersect(voters(["a"]), voters(["b"])))
    }

    func testAGoalIsReachedOnceTheClusterWasAsWished() {
        let none = MembershipVersion(index: .zero, membership: .empty)
        let with = MembershipVersion(index: 1, membership: voters(["a", "b"]))
        let without = MembershipVersion(index: 2, membership: voters(["a"]))
        let gone = MemberGoal.gone(MemberIdentity(id: "b", incarnation: incarnation(of: "b")))
        XCTAssertFalse(gone.wasReached(in: [none, with]))
        XCTAssertTrue(gone.wasReached(in: [none, with, without]))
        XCTAssertFalse(gone.wasReached(in: [none, with, without, with]))
        let present = MemberGoal.member(with.membership.members[1])
        XCTAssertTrue(present.wasReached(in: [none, with, without]))
        XCTAssertFalse(present.wasReached(in: [none, without]))
    }
}
