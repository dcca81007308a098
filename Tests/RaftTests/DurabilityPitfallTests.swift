import Raft
import XCTest

/// Promises made before they were on disk: pitfalls B, and the write-order contract.
final class DurabilityPitfallTests: XCTestCase {
    private func voteRequest(_ term: Term, last: EntryID = EntryID(term: 1, index: 1)) -> RPCRequest {
        .requestVote(RequestVote(term: term, isPreVote: false, lastEntry: last))
    }

    private func granted(_ reply: RPCReply?) -> Bool? {
        if case .requestVote(let reply) = reply { reply.granted } else { nil }
    }

    /// B1: term and vote are one record. After a crash there is the old pair or the new one, never the new term with
    /// the
    /// old vote.
    func testB1TermAndVoteChangeTogether() {
        var node = Fixture.node(term: 2, vote: "b")
        node.receive(voteRequest(3), from: "c")
        XCTAssertEqual(node.takeReady()?.persist?.hardState, HardState(term: 3, vote: "c"))
        // Lost in a crash: in term 3 nobody has our vote; b had it in term 2 only.
        var restarted = Fixture.node(term: 2, vote: "b")
        XCTAssertEqual(granted(restarted.answer(voteRequest(3, last: .zero), from: "b")), false)
        XCTAssertEqual(granted(restarted.answer(voteRequest(3), from: "c")), true)
    }

    /// B1: a log never holds entries of a term that the vote file has not seen.
    func testB1ATermIsStoredWithTheEntriesThatCameWithIt() {
        var node = Fixture.node()
        let entries = Fixture.entries(terms: [1, 3])
        let append = AppendEntries(term: 3, previous: entries[0].id, entries: [entries[1]], commit: .zero)
        node.receive(.appendEntries(append), from: "b")
        let persist = node.takeReady()?.persist
        XCTAssertEqual(persist?.hardState, HardState(term: 3, vote: nil))
        XCTAssertEqual(persist?.entries, [entries[1]])
    }

    /// B2: a candidate whose own vote is not on disk asks nobody, and does not count itself.
    func testB2NoVoteRequestLeavesBeforeTheOwnVoteIsOnDisk() {
        var network = Network()
        network["a"].syncsAtOnce = false
        network.step("a", .campaign)
        network.settle()
        XCTAssertEqual(network.status("a").role, .candidate)
        network.settle()
        XCTAssertEqual(network.status("b").term, 1, "nobody was asked")
        network.sync("a")
        network.settle()
        XCTAssertEqual(network.status("a").role, .leader)
        XCTAssertEqual(network.checker.violations, [])
    }

    func testB2TheOwnVoteCountsOnlyOnDisk() {
        var node = Fixture.node()
        node.step(.campaign, now: .zero)
        node.persistAll(now: .zero)
        node.receive(.requestVote(.init(term: 2, isPreVote: true, granted: true)), from: "b")
        guard let token = node.takeReady()?.persist?.token else { return XCTFail("no vote to write") }
        node.receive(.requestVote(.init(term: 2, isPreVote: false, granted: true)), from: "b")
        XCTAssertEqual(node.role, .candidate)
        node.step(.persisted(token), now: .zero)
        XCTAssertEqual(node.role, .leader)
    }

    /// B3: stepping down keeps the vote.
    func testB3SteppingDownKeepsTheVote() {
        var node = Fixture.node()
        Fixture.elect(&node)
        node.step(.deadline, now: .milliseconds(150))
        XCTAssertEqual(node.role, .follower)
        XCTAssertNil(node.takeReady()?.persist)
        XCTAssertEqual(
            granted(node.answer(voteRequest(2, last: EntryID(term: 9, index: 9)), from: "b", now: .milliseconds(150))),
            false
        )
    }

    func testB3NewsOfTheTermsLeaderKeepsTheVote() {
        var node = Fixture.node()
        XCTAssertEqual(granted(node.answer(voteRequest(2), from: "b")), true)
        node.receive(.heartbeat(.init(term: 2, commit: .zero, round: 1)), from: "b")
        XCTAssertNil(node.takeReady()?.persist)
        XCTAssertEqual(granted(node.answer(voteRequest(2), from: "c", now: .milliseconds(500))), false)
    }

    /// B4: a higher term that was seen is not a vote that was given.
    func testB4AHigherTermSeenIsNotAVoteGiven() {
        var node = Fixture.node(terms: [1, 1])
        XCTAssertEqual(granted(node.answer(voteRequest(5, last: EntryID(term: 1, index: 1)), from: "b")), false)
        XCTAssertEqual(node.status.term, 5)
        XCTAssertEqual(granted(node.answer(voteRequest(5, last: EntryID(term: 1, index: 1)), from: "b")), false)
        XCTAssertEqual(granted(node.answer(voteRequest(5, last: EntryID(term: 1, index: 2)), from: "c")), true)
    }

    /// B5: an acknowledgement waits for the disk also when the append was empty or a repetition.
    func testB5ARepeatedOrEmptyAppendIsAcknowledgedOnlyFromDisk() {
        let entry = Fixture.entries(terms: [1, 1])[1]
        let first = EntryID(term: 1, index: 1)
        var network = Network(voters: ["a", "b"], logs: ["a": [1], "b": [1]])
        network["b"].syncsAtOnce = false
        for (place, append) in [
            AppendEntries(term: 1, previous: first, entries: [entry], commit: .zero),
            AppendEntries(term: 1, previous: first, entries: [entry], commit: .zero),
            AppendEntries(term: 1, previous: entry.id, entries: [], commit: .zero),
        ].enumerated() {
            let token = ReplyToken(UInt64(place))
            network["b"].openTokens.insert(token.rawValue)
            network.step("b", .request(.appendEntries(append), from: Fixture.identity("a"), token: token))
            XCTAssertTrue(network.packets.isEmpty, "acknowledged before it was on disk")
        }
        network.sync("b")
        XCTAssertEqual(network.packets.count, 3)
    }

    /// B6: a single voter commits what is on its own disk.
    func testB6ASingleVoterCommitsFromItsDisk() {
        var network = Network(voters: ["a"])
        network.elect("a")
        network["a"].syncsAtOnce = false
        let ticket = network.propose(at: "a")
        XCTAssertNil(network.outcome(ticket))
        XCTAssertEqual(network.status("a").commit, 2)
        network.sync("a")
        XCTAssertEqual(network.outcome(ticket), .committed(ticket, indexes: 3...3, copies: 1))
    }

    /// B7: entries A are written, replaced by B, and come back as A. That the first write is done says nothing about
    /// the
    /// third.
    func testB7AnOverwrittenWriteReleasesNothing() {
        var node = Fixture.node()
        let first = EntryID(term: 1, index: 1)
        let longer = Array(Fixture.entries(terms: [1, 1, 1])[1...])
        let other = Array(Fixture.entries(terms: [1, 2])[1...])
        for (term, entries, leader) in [(2, longer, "b"), (3, other, "c")] as [(Term, [Entry], NodeID)] {
            node.receive(
                .appendEntries(AppendEntries(term: term, previous: first, entries: entries, commit: .zero)),
                from: leader
            )
            XCTAssertEqual(node.takeReady()?.persist?.truncateAfter, term == 2 ? nil : 1)
        }
        XCTAssertEqual(node.status.durable, 1)
        node.step(.persisted(PersistToken(1)), now: .zero)
        XCTAssertEqual(node.status.durable, 1, "the first write put entries there which the second removes")
        node.step(.persisted(PersistToken(2)), now: .zero)
        XCTAssertEqual(node.status.durable, 2)
    }

    func testB7TheSameEntriesAgainNeedTheirOwnWrite() {
        var node = Fixture.node()
        let first = EntryID(term: 1, index: 1)
        let entriesA = Array(Fixture.entries(terms: [1, 1, 1])[1...])
        let entriesB = Array(Fixture.entries(terms: [1, 2])[1...])
        var readies: [Ready] = []
        for (term, entries) in [(2, entriesA), (3, entriesB), (4, entriesA)] as [(Term, [Entry])] {
            node.receive(
                .appendEntries(AppendEntries(term: term, previous: first, entries: entries, commit: .zero)),
                from: "b"
            )
            if let ready = node.takeReady() { readies.append(ready) }
        }
        XCTAssertEqual(readies.compactMap(\.persist?.truncateAfter), [1, 1])
        node.receive(.heartbeat(.init(term: 4, commit: 3, round: 1)), from: "b")
        for (token, durable) in [(1, 1), (2, 1), (3, 3)] as [(UInt64, LogIndex)] {
            node.step(.persisted(PersistToken(token)), now: .zero)
            XCTAssertEqual(node.status.durable, durable)
            XCTAssertEqual(node.takeReady()?.committed?.upperBound, durable == 3 ? 3 : token == 1 ? 1 : nil)
        }
    }

    /// B8: a node whose disk lost what it acknowledged does not go on as if nothing had happened.
    func testB8ANodeThatLostWhatItAcknowledgedStops() {
        var node = Fixture.node()
        node.receive(.heartbeat(.init(term: 1, commit: 5, round: 1)), from: "b")
        XCTAssertEqual(node.fault?.code, .acknowledgedEntriesMissing)
        XCTAssertNil(node.takeReady())
    }

    func testB8AVoteFileOlderThanTheLogStopsTheNode() {
        var node = Fixture.node(terms: [1, 2, 3], term: 2)
        XCTAssertEqual(node.fault?.code, .hardStateOlderThanLog)
        node.receive(voteRequest(9), from: "b")
        XCTAssertNil(node.takeReady())
    }

    /// Votes and acknowledgements, given or refused, are promises; a heartbeat's answer is one while the term is not on
    /// disk.
    func testEveryAnswerThatPromisesWaitsForTheDisk() {
        let append = AppendEntries(term: 3, previous: EntryID(term: 9, index: 9), entries: [], commit: .zero)
        let requests: [RPCRequest] = [
            voteRequest(3), .requestVote(RequestVote(term: 4, isPreVote: true, lastEntry: .zero)),
            .appendEntries(append), .heartbeat(.init(term: 3, commit: .zero, round: 1)),
        ]
        for request in requests {
            var node = Fixture.node()
            node.receive(request, from: "b")
            let ready = node.takeReady()
            XCTAssertEqual(ready?.promises.count, 1, "\(request)")
            XCTAssertEqual(ready?.announcements, [])
        }
        var node = Fixture.node(term: 3)
        node.receive(.heartbeat(.init(term: 3, commit: .zero, round: 1)), from: "b")
        let ready = node.takeReady()
        XCTAssertEqual(ready?.announcements.count, 1)
        XCTAssertEqual(ready?.promises, [])
    }
}
