import Raft
import XCTest

/// Sentences of the Raft paper (extended version), §5.1, §5.2 and §5.4.1, each as a test.
final class PaperElectionTests: XCTestCase {
    private let prevote = RequestVote.Reply(term: 2, isPreVote: true, granted: true)

    private func vote(_ term: Term, _ granted: Bool = true) -> RPCReply {
        .requestVote(RequestVote.Reply(term: term, isPreVote: false, granted: granted))
    }

    private func heartbeat(_ term: Term) -> RPCRequest { .heartbeat(Heartbeat(term: term, commit: .zero, round: 1)) }

    // MARK: §5.1

    /// "If one server’s current term is smaller than the other’s, then it updates its current term to the larger
    /// value."
    /// "If a candidate or leader discovers that its term is out of date, it immediately reverts to follower state."
    func testEveryRoleUpdatesItsTermFromAMessage() {
        for role in [RaftElection.Role.follower, .candidate, .leader] {
            var node = Fixture.node()
            if role == .candidate { Fixture.makeCandidate(&node) }
            if role == .leader { Fixture.elect(&node) }
            XCTAssertEqual(node.role, role)
            node.receive(heartbeat(7), from: "b")
            XCTAssertEqual(node.status.term, 7, "\(role)")
            XCTAssertEqual(node.role, .follower)
            XCTAssertEqual(node.leader, "b")
            XCTAssertEqual(node.takeReady()?.persist?.hardState, HardState(term: 7, vote: nil))
        }
    }

    func testEveryRoleUpdatesItsTermFromAReply() {
        let replies: [RPCReply] = [
            vote(7, false), .heartbeat(.init(term: 7, round: 1)),
            .appendEntries(.init(term: 7, outcome: .accepted(match: 1))),
        ]
        for reply in replies {
            var node = Fixture.node()
            Fixture.elect(&node)
            node.receive(reply, from: "b")
            XCTAssertEqual(node.status.term, 7)
            XCTAssertEqual(node.role, .follower)
            XCTAssertNil(node.leader)
        }
    }

    /// "If a server receives a request with a stale term number, it rejects the request."
    func testRequestsOfAStaleTermAreRejected() {
        let log = RequestVote(term: 2, isPreVote: false, lastEntry: EntryID(term: 9, index: 9))
        let append = AppendEntries(term: 2, previous: EntryID(term: 1, index: 1), entries: [], commit: 1)
        var node = Fixture.node(term: 3)
        let before = node.status
        XCTAssertEqual(node.answer(.requestVote(log), from: "b"), vote(3, false))
        XCTAssertEqual(node.answer(heartbeat(2), from: "b"), .heartbeat(.init(term: 3, round: 1)))
        guard case .appendEntries(let reply) = node.answer(.appendEntries(append), from: "b") else {
            return XCTFail("no answer")
        }
        XCTAssertEqual(reply.term, 3)
        guard case .conflict = reply.outcome else { return XCTFail("\(reply)") }
        XCTAssertEqual(node.status, before)
    }

    // MARK: §5.2

    /// "When servers start up, they begin as followers."
    func testServersStartAsFollowers() {
        let node = Fixture.node()
        XCTAssertEqual(node.role, .follower)
        XCTAssertNil(node.leader)
    }

    /// "Leaders send periodic heartbeats … to all followers in order to maintain their authority."
    func testLeadersSendPeriodicHeartbeats() {
        var node = Fixture.node()
        Fixture.elect(&node)
        let last = Fixture.entries(terms: [1])[0]
        let mark = HistoryMark(entry: last.id, chain: last.chain)
        for round in 2...4 as ClosedRange<UInt64> {
            let now = Instant.milliseconds(50 * Int(round - 1))
            for peer in ["b", "c"] as [NodeID] {
                node.receive(.heartbeat(.init(term: 2, round: 1)), from: peer, now: now)
            }
            node.step(.deadline, now: now)
            let readies = node.persistAll(now: now)
            for peer in ["b", "c"] as [NodeID] {
                let heartbeat = Heartbeat(term: 2, commit: .zero, round: round, mark: mark)
                XCTAssertEqual(readies.heartbeats(to: peer), [heartbeat])
            }
        }
    }

    /// "If a follower receives no communication over a period of time called the election timeout, then it … begins an
    /// election": "increments its current term", "votes for itself and issues RequestVote RPCs in parallel".
    func testAFollowerStartsAnElection() {
        var node = Fixture.node()
        guard let deadline = node.takeReady()?.deadline else { return XCTFail("no deadline") }
        node.step(.deadline, now: deadline)
        XCTAssertEqual(node.role, .preCandidate)
        let asked = node.persistAll(now: deadline)
        let last = EntryID(term: 1, index: 1)
        XCTAssertEqual(asked.voteRequests(to: "b"), [RequestVote(term: 2, isPreVote: true, lastEntry: last)])
        XCTAssertEqual(node.status.term, 1)
        node.receive(.requestVote(prevote), from: "b", now: deadline)
        XCTAssertEqual(node.role, .candidate)
        guard let ready = node.takeReady() else { return XCTFail("nothing to do") }
        XCTAssertEqual(ready.persist?.hardState, HardState(term: 2, vote: "a"))
        XCTAssertEqual(
            ready.promises,
            (["b", "c"] as [NodeID]).map {
                .request(.requestVote(RequestVote(term: 2, isPreVote: false, lastEntry: last)), to: $0)
            }
        )
        XCTAssertEqual(ready.announcements, [])
    }

    /// "each candidate will time out and start a new election by incrementing its term".
    func testACandidateStartsANewElection() {
        var node = Fixture.node()
        guard let deadline = Fixture.makeCandidate(&node).last?.deadline else { return XCTFail("no deadline") }
        node.step(.deadline, now: deadline)
        XCTAssertEqual(node.role, .preCandidate)
        XCTAssertEqual(node.persistAll(now: deadline).voteRequests(to: "c").map(\.term), [3])
        node.receive(
            .requestVote(.init(term: 3, isPreVote: true, granted: true)),
            from: "c",
            now: deadline
        )
        XCTAssertEqual(node.role, .candidate)
        XCTAssertEqual(node.status.term, 3)
    }

    /// "A candidate wins an election if it receives votes from a majority of the servers in the full cluster for the
    /// same
    /// term."
    func testAMajorityOfVotesWins() {
        let cases: [(size: Int, granted: Int, refused: Int, role: RaftElection.Role)] = [
            (1, 0, 0, .leader),
            (2, 1, 0, .leader), (2, 0, 1, .candidate),
            (3, 2, 0, .leader), (3, 1, 0, .leader), (3, 1, 1, .leader),
            (3, 0, 1, .candidate), (3, 0, 2, .follower), (3, 0, 0, .candidate),
            (5, 4, 0, .leader), (5, 3, 0, .leader), (5, 2, 0, .leader), (5, 2, 2, .leader),
            (5, 1, 0, .candidate), (5, 1, 2, .candidate), (5, 1, 3, .follower), (5, 0, 4, .follower),
        ]
        for (size, granted, refused, role) in cases {
            let names = (["a", "b", "c", "d", "e"] as [NodeID]).prefix(size)
            var node = Fixture.node(of: Array(names))
            if size == 1 { Fixture.elect(&node) } else { Fixture.makeCandidate(&node) }
            for voter in names.dropFirst().prefix(granted) { node.receive(vote(2), from: voter) }
            for voter in names.dropFirst(1 + granted).prefix(refused) { node.receive(vote(2, false), from: voter) }
            XCTAssertEqual(node.role, role, "\(granted) for and \(refused) against of \(size)")
        }
    }

    /// "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis".
    func testAFollowerVotesOnceATermForWhoComesFirst() {
        for (voted, candidate, granted) in [
            (nil, "b", true), (nil, "c", true), ("b", "b", true), ("c", "c", true), ("b", "c", false),
            ("c", "b", false),
        ] as [(NodeID?, NodeID, Bool)] {
            var node = Fixture.node(term: 2, vote: voted)
            let request = RequestVote(term: 2, isPreVote: false, lastEntry: EntryID(term: 1, index: 1))
            XCTAssertEqual(node.answer(.requestVote(request), from: candidate), vote(2, granted))
        }
    }

    func testASecondCandidateOfTheTermGetsNoVote() {
        var node = Fixture.node()
        let request = RequestVote(term: 4, isPreVote: false, lastEntry: EntryID(term: 1, index: 1))
        node.receive(.requestVote(request), from: "b", token: 1)
        node.receive(.requestVote(request), from: "c", token: 2)
        let ready = node.takeReady()
        XCTAssertEqual(ready?.persist?.hardState, HardState(term: 4, vote: "b"))
        XCTAssertEqual(
            ready?.promises,
            [
                .reply(vote(4), to: "b", token: ReplyToken(1)), .reply(vote(4, false), to: "c", token: ReplyToken(2)),
            ]
        )
    }

    /// "If the leader’s term … is at least as large as the candidate’s current term, then the candidate recognizes the
    /// leader as legitimate and returns to follower state."
    func testACandidateFallsBackToALeader() {
        for term in [2, 3] as [Term] {
            var node = Fixture.node()
            Fixture.makeCandidate(&node)
            node.receive(
                .appendEntries(
                    AppendEntries(term: term, previous: EntryID(term: 1, index: 1), entries: [], commit: 1)
                ),
                from: "b"
            )
            XCTAssertEqual(node.role, .follower)
            XCTAssertEqual(node.leader, "b")
            XCTAssertEqual(node.status.term, term)
        }
    }

    /// "election timeouts are chosen randomly from a fixed interval (e.g., 150–300ms)".
    func testElectionTimeoutsAreRandomInTheirInterval() {
        var followers: Set<Instant> = []
        var candidates: Set<Instant> = []
        for seed in 1...500 as ClosedRange<UInt64> {
            var node = Fixture.node(seed: seed)
            guard let follower = node.takeReady()?.deadline else { return XCTFail("no deadline") }
            followers.insert(follower)
            guard let candidate = Fixture.makeCandidate(&node).last?.deadline else { return XCTFail("no deadline") }
            candidates.insert(candidate)
        }
        for deadlines in [followers, candidates] {
            XCTAssertGreaterThan(deadlines.count, 490)
            for deadline in deadlines { XCTAssertTrue((.milliseconds(150) ..< .milliseconds(300)).contains(deadline)) }
            let thirds = Set(deadlines.map { ($0.nanoseconds / 1_000_000 - 150) / 50 })
            XCTAssertEqual(thirds, [0, 1, 2])
        }
    }

    /// "Raft uses randomized election timeouts to ensure that split votes are rare and that they are resolved quickly."
    func testSplitVotesAreRare() {
        var split = 0
        for seed in 1...300 as ClosedRange<UInt64> {
            var network = Network(seed: seed)
            network.run(for: .milliseconds(300))
            if network.leader == nil { split += 1 }
        }
        XCTAssertLessThan(split, 15)
    }

    // MARK: §5.4.1

    /// "the RPC includes information about the candidate’s log".
    func testAVoteRequestNamesTheLastEntry() {
        for terms in [[1], [1, 2], [1, 2, 2, 5]] as [[UInt64]] {
            var node = Fixture.node(terms: terms)
            let readies = Fixture.makeCandidate(&node)
            let last = EntryID(term: Term(terms[terms.count - 1]), index: LogIndex(UInt64(terms.count)))
            XCTAssertEqual(readies.voteRequests(to: "b").map(\.lastEntry), [last])
            XCTAssertEqual(readies.voteRequests(to: "c").map(\.lastEntry), [last])
        }
    }

    /// "the voter denies its vote if its own log is more up-to-date than that of the candidate." "If the logs have last
    /// entries with different terms, then the log with the later term is more up-to-date. If the logs end with the same
    /// term, then whichever log is longer is more up-to-date." (C12)
    func testC12AVoterDeniesItsVoteToAnOlderLog() {
        let cases: [(own: [UInt64], term: Term, index: LogIndex, granted: Bool)] = [
            ([1], 1, 1, true), ([1], 1, 2, true), ([1, 1], 1, 1, false),
            ([1], 2, 1, true), ([1], 2, 2, true), ([1, 1], 2, 1, true),
            ([2], 1, 1, false), ([2], 1, 2, false), ([2, 2], 1, 1, false), ([2], 1, 100, false),
        ]
        for (own, term, index, granted) in cases {
            for isPreVote in [true, false] {
                var node = Fixture.node(terms: own)
                let request = RequestVote(
                    term: 9,
                    isPreVote: isPreVote,
                    lastEntry: EntryID(term: term, index: index)
                )
                guard case .requestVote(let reply) = node.answer(.requestVote(request), from: "b") else {
                    return XCTFail("no answer")
                }
                XCTAssertEqual(reply.granted, granted, "\(own) against \(term).\(index)")
            }
        }
    }
}
