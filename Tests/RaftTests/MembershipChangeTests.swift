import Raft
import XCTest

/// Which memberships can follow which.
final class MembershipChangeTests: XCTestCase {
    private func refusal(
        of change: MembershipChange,
        _ voters: [NodeID],
        learners: [NodeID] = [],
        witnesses: [NodeID] = []
    ) -> MembershipChange.Refusal? {
        let membership = Fixture.membership(voters: voters, learners: learners, witnesses: witnesses)
        do {
            _ = try membership.changed(by: change)
            return nil
        } catch {
            return error
        }
    }

    func testEachChangeDoesWhatItSays() throws {
        let start = Fixture.membership(voters: ["a", "b"], learners: ["l"])
        XCTAssertEqual(
            try start.changed(by: .add(Fixture.member("k", .learner))),
            Fixture.membership(voters: ["a", "b"], learners: ["k", "l"])
        )
        XCTAssertEqual(try start.changed(by: .promote("l")), Fixture.membership(voters: ["a", "b", "l"]))
        XCTAssertEqual(
            try start.changed(by: .demote("b")),
            Fixture.membership(voters: ["a"], learners: ["b", "l"])
        )
        XCTAssertEqual(try start.changed(by: .remove("l")), Fixture.membership(voters: ["a", "b"]))
        var moved = Fixture.member("b")
        moved.url = "http://b.example"
        XCTAssertEqual(
            try start.changed(by: .move("b", url: "http://b.example")),
            Membership([Fixture.member("a"), moved, Fixture.member("l", .learner)])
        )
        XCTAssertEqual(
            try start.changed(by: .add(Fixture.member("w", .witness))),
            Fixture.membership(voters: ["a", "b"], learners: ["l"], witnesses: ["w"])
        )
    }

    func testNamesMustBeKnownOrNew() {
        for change in [.promote("z"), .demote("z"), .remove("z"), .move("z", url: "u")] as [MembershipChange] {
            XCTAssertEqual(refusal(of: change, ["a"]), .unknownMember)
        }
        let members = [
            Membership.Member(id: "a", kind: .learner, incarnation: 9, url: "http://n"),
            Membership.Member(id: "n", kind: .learner, incarnation: Fixture.incarnation(of: "a"), url: "http://n"),
            Membership.Member(id: "n", kind: .learner, incarnation: 9, url: "http://a"),
        ]
        for member in members { XCTAssertEqual(refusal(of: .add(member), ["a"]), .duplicateMember) }
        XCTAssertEqual(refusal(of: .move("a", url: "http://b"), ["a", "b"]), .duplicateMember)
        XCTAssertNil(refusal(of: .move("a", url: "http://a"), ["a", "b"]))
    }

    func testKindsMustFit() {
        let nameless = Membership.Member(id: "", kind: .learner, incarnation: 9, url: "u")
        XCTAssertEqual(refusal(of: .add(Fixture.member("c")), ["a"]), .wrongKind)
        XCTAssertEqual(refusal(of: .add(nameless), ["a"]), .wrongKind)
        XCTAssertEqual(refusal(of: .promote("b"), ["a", "b"]), .wrongKind)
        XCTAssertEqual(refusal(of: .demote("l"), ["a"], learners: ["l"]), .wrongKind)
        XCTAssertEqual(refusal(of: .demote("w"), ["a", "b"], witnesses: ["w"]), .wrongKind)
        XCTAssertEqual(refusal(of: .promote("w"), ["a", "b"], witnesses: ["w"]), .wrongKind)
    }

    func testSomebodyHoldsTheMessages() {
        XCTAssertEqual(refusal(of: .remove("a"), ["a"], learners: ["l"]), .lastVoter)
        XCTAssertEqual(refusal(of: .demote("a"), ["a"]), .lastVoter)
    }

    /// DESIGN §2: at most one witness, with exactly two voters; one learner is in transit to replace a voter.
    func testAWitnessGoesWithTwoVoters() {
        let witness = MembershipChange.add(Fixture.member("v", .witness))
        XCTAssertNil(refusal(of: witness, ["a", "b"]))
        XCTAssertEqual(refusal(of: witness, ["a"]), .witnessRules)
        XCTAssertEqual(refusal(of: witness, ["a", "b", "c"]), .witnessRules)
        XCTAssertEqual(refusal(of: witness, ["a", "b"], learners: ["k", "l"]), .witnessRules)
        XCTAssertEqual(refusal(of: witness, ["a", "b"], witnesses: ["w"]), .witnessRules)
        XCTAssertEqual(refusal(of: .promote("l"), ["a", "b"], learners: ["l"], witnesses: ["w"]), .witnessRules)
        XCTAssertEqual(refusal(of: .remove("b"), ["a", "b"], witnesses: ["w"]), .witnessRules)
        let second = MembershipChange.add(Fixture.member("k", .learner))
        XCTAssertEqual(refusal(of: second, ["a", "b"], learners: ["l"], witnesses: ["w"]), .witnessRules)
        XCTAssertNil(refusal(of: .remove("w"), ["a", "b"], witnesses: ["w"]))
        // A voter is replaced: the new one joins as a learner, the old one goes, the new one takes its place.
        XCTAssertNil(refusal(of: second, ["a", "b"], witnesses: ["w"]))
        XCTAssertNil(refusal(of: .remove("b"), ["a", "b"], learners: ["k"], witnesses: ["w"]))
        XCTAssertNil(refusal(of: .promote("k"), ["a"], learners: ["k"], witnesses: ["w"]))
        XCTAssertNil(refusal(of: .demote("b"), ["a", "b"], witnesses: ["w"]))
        XCTAssertEqual(refusal(of: .remove("k"), ["a"], learners: ["k"], witnesses: ["w"]), .witnessRules)
    }
}
