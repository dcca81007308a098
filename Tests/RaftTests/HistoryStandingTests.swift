import Raft
import XCTest

/// S12: what a node that compares histories remembers, says and forgets.
final class HistoryStandingTests: XCTestCase {
    /// A cluster whose nodes all have ten entries and more, every one committed.
    private func cluster(voters: [NodeID] = ["a", "b", "c"]) -> Network {
        var network = Network(voters: voters)
        network.elect("a")
        for _ in 0..<10 { _ = network.propose(at: "a") }
        network.run(for: .milliseconds(500))
        return network
    }

    private func isCommitted(_ ticket: Ticket, in network: Network) -> Bool {
        if case .committed = network.outcome(ticket) { true } else { false }
    }

    /// Two against two: no majority can agree with anybody, and nobody has to wait to find out.
    func testWhoMustStopAsWellIsTold() {
        var network = cluster(voters: ["a", "b", "c", "d"])
        for id in ["a", "b", "c", "d"] as [NodeID] { network.crash(id) }
        for id in ["c", "d"] as [NodeID] { network.rewrite(id, from: 5) }
        for id in ["a", "b", "c", "d"] as [NodeID] { network.start(id) }
        network.elect("a")
        for id in ["a", "c", "d"] as [NodeID] {
            XCTAssertEqual(network.status(id).historyDifference?.verdict, .nobody, "\(id)")
        }
    }

    /// c shared all of it a moment ago, and b, which is away, the beginning: that decides all the same.
    func testWhatWasSharedBeforeItChangedCountsForNothing() {
        var network = cluster()
        network.crash("b")
        for _ in 0..<5 { _ = network.propose(at: "a") }
        network.run(for: .milliseconds(200))
        network.crash("c")
        network.rewrite("c", from: 5)
        network.start("c")
        network.run(for: .milliseconds(100))
        XCTAssertEqual(network.status("c").historyDifference?.verdict, .majority)
        XCTAssertNil(network.status("a").historyDifference)
        network.start("b")
        network.run(for: .milliseconds(100))
        let write = network.propose(at: "a")
        network.run(for: .milliseconds(100))
        XCTAssertTrue(isCommitted(write, in: network))
    }

    /// Somebody puts its good disk back.
    func testWhoDifferedOnceIsOneOfThemAgain() {
        var network = cluster()
        let good = network["c"].disk
        network.crash("c")
        network.rewrite("c", from: 5)
        network.start("c")
        network.run(for: .milliseconds(200))
        XCTAssertNotNil(network.status("c").historyDifference)
        network.crash("c")
        network["c"].disk = good
        network.start("c")
        network.run(for: .milliseconds(200))
        XCTAssertNil(network.status("c").historyDifference)
        XCTAssertFalse(network.status("a").peers.contains(where: \.historyDiffers))
        network.crash("b")
        let write = network.propose(at: "a")
        network.run(for: .milliseconds(100))
        XCTAssertTrue(isCommitted(write, in: network))
    }

    /// It acknowledged an append, and hears in the same breath that its history is nobody's.
    func testWhatWasSaidBeforeItStoppedIsNotSent() {
        let log = Fixture.entries(terms: [1, 1, 1])
        let other = HistoryMark(entry: log[2].id, chain: ChainValue(log[2].chain.rawValue ^ 1))
        for verdict in [HistoryVerdict.open, .majority] {
            var node = Fixture.node(terms: [1, 1, 1])
            let append = AppendEntries(term: 1, previous: log[2].id, entries: [], commit: .zero)
            node.receive(.appendEntries(append), from: "b", token: 3)
            let heartbeat = Heartbeat(term: 1, commit: .zero, round: 1, mark: other, verdict: verdict)
            node.receive(.heartbeat(heartbeat), from: "b", token: 4)
            let readies = node.persistAll(now: .zero)
            let isDropped = readies.flatMap(\.dropped).contains(ReplyToken(3))
            XCTAssertEqual(isDropped, verdict == .majority, "\(verdict)")
            let answered = readies.flatMap { $0.promises + $0.announcements }.contains {
                if case .reply(.appendEntries, _, _) = $0 { true } else { false }
            }
            XCTAssertEqual(answered, verdict == .open, "\(verdict)")
        }
    }

    /// Who is no member yet can't tell which of its entries are of the epoch that it comes to: one after the fork may
    /// have the index and term of another there.
    func testWhoReadsItsWayThroughTheEpochsComparesNothing() {
        let last = Fixture.entries(terms: [1, 1, 1])[2]
        let other = HistoryMark(entry: last.id, chain: ChainValue(last.chain.rawValue ^ 1))
        let heartbeat = Heartbeat(term: 2, commit: .zero, round: 1, mark: other, verdict: .majority)
        let child = Epoch(number: 1, id: 77, parent: 0, fork: 2)
        for (epoch, compares) in [(Epoch.initial, true), (child, false)] {
            var node = Fixture.node("s", of: ["a", "b"], terms: [1, 1, 1])
            node.step(
                .request(.heartbeat(heartbeat), from: Fixture.identity("b"), epoch: epoch, token: ReplyToken(3)),
                now: .zero
            )
            XCTAssertEqual(node.epoch, epoch)
            XCTAssertEqual(node.status.historyDifference != nil, compares, "epoch \(epoch.number)")
        }
    }
}
