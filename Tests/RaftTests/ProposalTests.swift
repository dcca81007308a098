import Raft
import XCTest

/// What a client is told about what it proposed, and when: pitfalls G3 and G4 among them.
final class ProposalTests: XCTestCase {
    private func accepted(_ match: LogIndex, term: Term = 2) -> RPCReply {
        .appendEntries(.init(term: term, outcome: .accepted(match: match)))
    }

    private func leader(of voters: [NodeID] = ["a", "b", "c"], settings: Settings = Settings()) -> RaftNode {
        var node = Fixture.node(of: voters, settings: settings)
        Fixture.elect(&node)
        for peer in voters.dropFirst() { node.receive(accepted(2), from: peer) }
        node.persistAll(now: .zero)
        return node
    }

    private func propose(_ ticket: Ticket, copies: Int = 1, to node: inout RaftNode) -> [Settlement] {
        node.step(.propose(Proposal(ticket: ticket, payloads: [[1]], copies: copies)), now: .zero)
        return node.persistAll(now: .zero).settled
    }

    func testABatchIsOneAppendThatNamesItsEnd() {
        var node = leader()
        node.step(.propose(Proposal(ticket: 1, payloads: [[1], [2], [3]])), now: .zero)
        let entries = node.persistAll(now: .zero).compactMap(\.persist).flatMap(\.entries)
        XCTAssertEqual(entries.map(\.payload), [[1], [2], [3]])
        XCTAssertEqual(entries.map(\.continues), [true, true, false])
        XCTAssertEqual(entries.map(\.kind), [.command, .command, .command])
        node.receive(accepted(5), from: "b")
        XCTAssertEqual(
            node.persistAll(now: .zero).settled,
            [.committed(1, indexes: 3...5, copies: 2)]
        )
    }

    /// G4: its only voter committed it before it stopped leading: nobody else has it.
    func testG4WhatAVoterAloneCommittedBeforeItStoppedLeadingHasOneCopy() {
        var node = leader(of: ["a"])
        node.step(.propose(Proposal(ticket: 1, payloads: [[1]])), now: .zero)
        while let ready = node.takeReady() {
            if let persist = ready.persist { node.step(.persisted(persist.token), now: .zero) }
            if node.status.commit == 3 { break }
        }
        XCTAssertEqual(node.status.commit, 3)
        node.receive(.heartbeat(.init(term: 9, commit: .zero, round: 1)), from: "z")
        XCTAssertEqual(node.role, .follower)
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.committed(1, indexes: 3...3, copies: 1)])
    }

    /// G4: the backup was promoted without it.
    func testG4WhatWasCommittedWithTheWitnessAloneHasOneCopy() {
        var node = Fixture.node(of: ["a", "b"], witnesses: ["w"])
        Fixture.elect(&node)
        for peer in ["b", "w"] as [NodeID] { node.receive(accepted(2), from: peer) }
        node.persistAll(now: .zero)
        node.step(.refused("b"), now: .zero)
        XCTAssertEqual(propose(1, to: &node), [])
        node.receive(accepted(3), from: "w")
        XCTAssertEqual(node.commit, 3)
        let heartbeat = RPCRequest.heartbeat(.init(term: 9, commit: .zero, round: 1))
        let epoch = Epoch(number: 1, id: 77, parent: 0, fork: 3)
        node.step(.request(heartbeat, from: Fixture.identity("b"), epoch: epoch, token: ReplyToken(9)), now: .zero)
        XCTAssertEqual(node.leader, "b")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.committed(1, indexes: 3...3, copies: 1)])
    }

    /// G4: it took no quorum, but an operator's word.
    func testG4WhatAPromotedNodeCommittedHasTwoCopies() {
        var node = leader(of: ["a", "b", "c", "d", "e"])
        node.step(.propose(Proposal(ticket: 1, payloads: [[1]])), now: .zero)
        let mine = node.persistAll(now: .zero).compactMap(\.persist).flatMap(\.entries)[0]
        let epoch = Epoch(number: 1, id: 77, parent: 0, fork: mine.index)
        let learners = ["a", "b", "c", "e"].map { Fixture.member($0, .learner) }
        let promoted = Membership(learners + [Fixture.member("d")], epoch: epoch)
        let first = Entry(
            id: EntryID(term: 9, index: mine.index.next),
            kind: .membership,
            payload: MembershipCoding.encode(promoted, cluster: Fixture.cluster),
            after: mine.chain
        )
        let append = AppendEntries(term: 9, previous: mine.id, entries: [first], commit: first.index)
        var settled: [Settlement] = []
        // The commit counts once the first one has the epoch on the disk.
        for _ in 1...2 {
            let sender = Fixture.identity("d")
            node.step(.request(.appendEntries(append), from: sender, epoch: epoch, token: ReplyToken(9)), now: .zero)
            settled += node.persistAll(now: .zero).settled
        }
        XCTAssertEqual(settled, [.committed(1, indexes: 3...3, copies: 2)])
    }

    /// G4: the copy of the next leader, who has no vote at that entry, is none that a commit took.
    func testG4TheCopyOfALeaderWithoutAVoteIsNotCounted() {
        for (change, copies) in [(MembershipChange.demote("b"), 1), (.remove("c"), 2)] {
            var node = leader()
            node.step(.changeMembership(1, change), now: .zero)
            XCTAssertEqual(propose(2, to: &node), [])
            node.receive(.heartbeat(.init(term: 9, commit: 4, round: 1)), from: "b")
            XCTAssertTrue(
                node.persistAll(now: .zero).settled.contains(.committed(2, indexes: 4...4, copies: copies)),
                "\(change)"
            )
        }
    }

    func testWhoDoesNotLeadRefuses() {
        var node = Fixture.node()
        XCTAssertEqual(propose(1, to: &node), [.rejected(1, .notLeader(leader: nil))])
        node.receive(.heartbeat(.init(term: 1, commit: .zero, round: 1)), from: "c")
        XCTAssertEqual(propose(2, to: &node), [.rejected(2, .notLeader(leader: "c"))])
    }

    func testWithoutAQuorumAtHandProposalsAreRefusedAtOnce() {
        var node = leader()
        node.step(.refused("b"), now: .zero)
        XCTAssertEqual(propose(1, to: &node), [])
        node.step(.refused("c"), now: .zero)
        XCTAssertEqual(propose(2, to: &node), [.rejected(2, .noQuorum)])
        XCTAssertEqual(node.status.last.index, 3, "nothing was appended for it")
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "c")
        XCTAssertEqual(propose(3, to: &node), [])
    }

    func testWhoWasNotHeardWithinATimeoutIsNotAtHand() {
        var node = leader()
        node.receive(.heartbeat(.init(term: 2, round: 1)), from: "b", now: .milliseconds(100))
        let later = Instant.milliseconds(151)
        node.step(.propose(Proposal(ticket: 1, payloads: [[1]], copies: 3)), now: later)
        XCTAssertEqual(node.persistAll(now: later).settled, [.rejected(1, .tooFewCopies(atHand: 2))])
    }

    func testAWitnessIsNoCopy() {
        var node = Fixture.node(of: ["a", "b"], witnesses: ["w"])
        Fixture.elect(&node)
        node.receive(accepted(2), from: "w")
        node.persistAll(now: .zero)
        XCTAssertEqual(propose(1, copies: 3, to: &node), [.rejected(1, .tooFewCopies(atHand: 2))])
        XCTAssertEqual(propose(2, to: &node), [])
        node.receive(accepted(3), from: "w")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.committed(2, indexes: 3...3, copies: 1)])
    }

    func testWhoWaitsForMoreCopiesHoldsBackNobody() {
        var node = leader()
        XCTAssertEqual(propose(1, copies: 3, to: &node), [])
        XCTAssertEqual(propose(2, to: &node), [])
        node.receive(accepted(4), from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.committed(2, indexes: 4...4, copies: 2)])
        node.receive(accepted(3), from: "c")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.committed(1, indexes: 3...3, copies: 3)])
        XCTAssertEqual(node.status.pendingProposals, 0)
    }

    /// Settled in the same `Ready` as, hence after, the range to apply; never before its own disk has it.
    func testEachWaitsForItsOwnNumberOfCopies() {
        var node = leader(of: ["a", "b", "c", "d", "e"])
        for (ticket, copies): (Ticket, Int) in [(1, 4), (2, 5), (3, 4), (4, 1)] {
            XCTAssertEqual(propose(ticket, copies: copies, to: &node), [])
        }
        node.receive(accepted(6), from: "b")
        node.receive(accepted(6), from: "c")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.committed(4, indexes: 6...6, copies: 3)])
        node.receive(accepted(4), from: "d")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.committed(1, indexes: 3...3, copies: 4)])
        node.receive(accepted(6), from: "e")
        XCTAssertEqual(
            node.persistAll(now: .zero).settled,
            [.committed(3, indexes: 5...5, copies: 4), .committed(2, indexes: 4...4, copies: 5)]
        )
        XCTAssertEqual(node.status.pendingProposals, 0)
    }

    func testWhoWaitsForMoreCopiesIsBoundedByBytesAndKeepsNobodyElse() {
        var node = leader(settings: Settings(uncommittedBytesMax: 200))
        for ticket: Ticket in [1, 2, 3] {
            XCTAssertEqual(propose(ticket, copies: 3, to: &node), [])
            node.receive(accepted(LogIndex(2 + ticket.rawValue)), from: "b")
            XCTAssertEqual(node.persistAll(now: .zero).settled, [])
        }
        XCTAssertEqual(propose(4, copies: 3, to: &node), [.rejected(4, .overloaded)])
        XCTAssertEqual(propose(5, copies: 2, to: &node), [])
        node.receive(accepted(6), from: "b")
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.committed(5, indexes: 6...6, copies: 2)])
        node.receive(accepted(4), from: "c")
        XCTAssertEqual(
            node.persistAll(now: .zero).settled,
            [.committed(1, indexes: 3...3, copies: 3), .committed(2, indexes: 4...4, copies: 3)]
        )
        XCTAssertEqual(propose(6, copies: 3, to: &node), [])
    }

    func testAProposalIsSettledWithItsCommit() {
        var node = leader()
        node.step(.propose(Proposal(ticket: 1, payloads: [[1]])), now: .zero)
        let token = node.takeReady()?.persist?.token ?? PersistToken(0)
        node.receive(accepted(3), from: "b")
        node.receive(accepted(3), from: "c")
        XCTAssertEqual(node.takeReady()?.settled ?? [], [])
        node.step(.persisted(token), now: .zero)
        let ready = node.takeReady()
        XCTAssertEqual(ready?.committed, 3...3)
        XCTAssertEqual(ready?.settled.count, 1)
    }

    /// G3: losing the leadership says nothing about what was proposed. The next leader decides.
    func testG3AProposalOutlivesTheLeadershipUntilItIsDecided() {
        for wins in [true, false] {
            var node = leader()
            XCTAssertEqual(propose(1, to: &node), [])
            let mine = node.entries(in: 3...3) ?? []
            node.receive(.heartbeat(.init(term: 5, round: 0)), from: "b")
            XCTAssertEqual(node.role, .follower)
            XCTAssertEqual(node.persistAll(now: .zero).settled, [])
            XCTAssertEqual(node.status.pendingProposals, 1)

            let previous = wins ? mine[0] : node.entries(in: 2...2)?[0]
            guard let previous else { return XCTFail("entry 2 is gone") }
            let next = Fixture.entries(terms: [5], after: previous.id, chain: previous.chain)
            node.receive(
                .appendEntries(AppendEntries(term: 5, previous: previous.id, entries: next, commit: next[0].index)),
                from: "b"
            )
            XCTAssertEqual(
                node.persistAll(now: .zero).settled,
                [wins ? .committed(1, indexes: 3...3, copies: 2) : .overwritten(1)]
            )
            XCTAssertEqual(node.status.pendingProposals, 0)
        }
    }

    /// G3: an entry that left this node's log may still come back with another leader: only a commit decides.
    func testG3ATruncatedProposalMayStillBeCommitted() {
        var node = leader(of: ["a", "b", "c", "d", "e"])
        XCTAssertEqual(propose(1, to: &node), [])
        guard let before = node.entries(in: 2...2)?[0], let mine = node.entries(in: 3...3)?[0] else {
            return XCTFail("no entries")
        }
        let other = Fixture.entries(terms: [5], after: before.id, chain: before.chain)
        node.receive(
            .appendEntries(AppendEntries(term: 5, previous: before.id, entries: other, commit: 2)),
            from: "b"
        )
        XCTAssertEqual(node.persistAll(now: .zero).settled, [])
        let successor = Fixture.entries(terms: [6], after: mine.id, chain: mine.chain)
        node.receive(
            .appendEntries(AppendEntries(term: 6, previous: before.id, entries: [mine] + successor, commit: 4)),
            from: "c"
        )
        XCTAssertEqual(node.persistAll(now: .zero).settled, [.committed(1, indexes: 3...3, copies: 3)])
    }

    /// G4: what was proposed in one term is never appended again in another.
    func testG4AProposalIsAppendedInItsTermOnly() {
        var network = Network()
        network.elect("a")
        network.isolate("a")
        let ticket = network.propose(at: "a")
        network.run(for: .milliseconds(400))
        network.cuts = []
        network.run(for: .seconds(1))
        network.elect("a")
        network.run(for: .seconds(1))
        XCTAssertEqual(network.outcome(ticket), .overwritten(ticket))
        network.checker.conclude()
        XCTAssertEqual(network.checker.violations, [])
    }

    func testTooMuchAtOnceIsRefusedUntilSomeIsCommitted() {
        var node = leader(settings: Settings(uncommittedBytesMax: 200))
        XCTAssertEqual(propose(1, to: &node), [])
        XCTAssertEqual(propose(2, to: &node), [])
        XCTAssertEqual(propose(3, to: &node), [])
        XCTAssertEqual(propose(4, to: &node), [.rejected(4, .overloaded)])
        node.receive(accepted(3), from: "b")
        node.persistAll(now: .zero)
        XCTAssertEqual(propose(5, to: &node), [])
    }
}
