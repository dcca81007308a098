import Raft
import XCTest

/// Which entries a majority has, against the plain definition.
final class QuorumTests: XCTestCase {
    /// A leader commits exactly what more than half of the voters have on disk, whatever each of them has.
    func testWhatIsCommittedIsWhatMoreThanHalfOfTheVotersHave() {
        let names = ["a", "b", "c", "d", "e", "f", "g"] as [NodeID]
        var random = SplitMix64(seed: 7)
        for round in 0..<300 {
            let voters = Array(names.prefix(1 + round % names.count))
            var node = Fixture.node(of: voters, learners: ["l"])
            if voters.count > 1 { Fixture.elect(&node) } else { node.step(.campaign, now: .zero) }
            node.persistAll(now: .zero)
            for ticket in UInt64(1)...9 {
                node.step(.propose(Proposal(ticket: Ticket(ticket), payloads: [[1]])), now: .zero)
            }
            node.persistAll(now: .zero)
            let last = node.status.last.index
            var matches: [LogIndex] = [last]
            for voter in voters.dropFirst() + ["l"] {
                let match = LogIndex(1 + random.next(below: last.rawValue))
                node.receive(.appendEntries(.init(term: 2, outcome: .accepted(match: match))), from: voter)
                if voter != "l" { matches.append(match) }
            }
            node.persistAll(now: .zero)
            // Entry 1 is of an earlier term: only what follows it commits it (paper, figure 8).
            let had = (2...last.rawValue).map { LogIndex($0) }.filter { index in
                matches.count { $0 >= index } * 2 > voters.count
            }
            XCTAssertEqual(node.status.commit, had.last ?? .zero, "\(matches)")
        }
    }
}
