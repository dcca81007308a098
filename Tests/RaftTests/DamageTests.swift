import Raft
import XCTest

/// A node whose disk can't give back what was on it.
final class DamageTests: XCTestCase {
    private let second = Instant(nanoseconds: 1_000_000_000)

    func testB14ANodeThatLostEntriesWhichMayNotBeCommittedDoesNotCampaign() {
        var node = Fixture.node(terms: [1, 1, 1])
        node.step(.damaged(through: 2), now: .zero)
        node.step(.deadline, now: second)
        XCTAssertEqual(node.role, .follower)
        // By that route neither.
        node.step(
            .request(.timeoutNow(TimeoutNow(term: 1)), from: Fixture.identity("b"), token: ReplyToken(1)),
            now: second
        )
        XCTAssertEqual(node.role, .follower)
        node.step(.campaign, now: second)
        XCTAssertEqual(node.role, .follower)

        node.step(.damaged(through: nil), now: second)
        node.step(.campaign, now: second)
        XCTAssertEqual(node.role, .preCandidate)
    }

    func testANodeThatLostOnlyWhatIsCommittedMayLead() {
        var node = Fixture.node(terms: [1, 1, 1])
        let heartbeat = Heartbeat(term: 1, commit: 2, round: 1)
        node.step(.request(.heartbeat(heartbeat), from: Fixture.identity("b"), token: ReplyToken(1)), now: .zero)
        node.step(.damaged(through: 2), now: .zero)
        node.step(.deadline, now: second)
        XCTAssertEqual(node.role, .preCandidate)
    }

    func testB14ADamagedNodeStillVotes() throws {
        var node = Fixture.node(terms: [1, 1, 1])
        node.step(.damaged(through: 3), now: .zero)
        let vote = RequestVote(term: 2, isPreVote: false, lastEntry: EntryID(term: 1, index: 3))
        node.step(.request(.requestVote(vote), from: Fixture.identity("b"), token: ReplyToken(1)), now: second)
        let reply = RequestVote.Reply(term: 2, isPreVote: false, granted: true)
        XCTAssertEqual(
            try XCTUnwrap(node.takeReady()).promises,
            [.reply(.requestVote(reply), to: "b", token: ReplyToken(1))]
        )
    }

    /// Only a witness can do without payloads: a data node takes them for damage.
    func testADataNodeTakesNoEntryWithoutItsPayload() {
        var node = Fixture.node()
        let entry = Fixture.entries(terms: [1, 1])[1].withoutPayload
        let append = AppendEntries(
            term: 1,
            previous: EntryID(term: 1, index: 1),
            entries: [entry],
            commit: .zero
        )
        node.receive(.appendEntries(append), from: "b", token: 9)
        XCTAssertEqual(node.takeReady()?.dropped, [ReplyToken(9)])
        XCTAssertEqual(node.corruptAppends, 1)
    }
}
