import Foundation
import Raft
import XCTest

/// What the core itself costs, without disk and network: three nodes in one thread.
///
/// `RAFT_BENCHMARK=200000 swift test -c release -Xswiftc -enable-testing --filter StepBenchmarks`
final class StepBenchmarks: XCTestCase {
    private var proposals: Int {
        ProcessInfo.processInfo.environment["RAFT_BENCHMARK"].flatMap(Int.init) ?? 500
    }

    private struct Trio {
        var nodes: [RaftNode] = (["a", "b", "c"] as [NodeID]).map { Fixture.node($0) }
        var settled = 0
        private var nextToken: UInt64 = 0

        init() {
            nodes[0].step(.campaign, now: .zero)
            exchange()
            precondition(nodes[0].role == .leader)
        }

        /// Obeys everything until all are quiet.
        mutating func exchange() {
            var isBusy = true
            while isBusy {
                isBusy = false
                for place in nodes.indices {
                    guard let ready = nodes[place].takeReady() else { continue }
                    isBusy = true
                    settled += ready.settled.count
                    if let token = ready.persist?.token { nodes[place].step(.persisted(token), now: .zero) }
                    for outbound in ready.announcements + ready.promises { send(outbound, from: place) }
                }
            }
        }

        private mutating func send(_ outbound: Outbound, from place: Int) {
            let sender = nodes[place].identity
            switch outbound {
            case .request(let request, let peer):
                nextToken += 1
                nodes[self.place(peer)].step(
                    .request(request, from: sender, token: ReplyToken(nextToken)),
                    now: .zero
                )
            case .reply(let reply, let peer, _): nodes[self.place(peer)].step(.reply(reply, from: sender), now: .zero)
            case .requestFromLog, .requestFromBase: preconditionFailure("everything is in memory")
            }
        }

        private func place(_ id: NodeID) -> Int { id == "a" ? 0 : id == "b" ? 1 : 2 }
    }

    func testNanosecondsAProposal() {
        let payload = [UInt8](repeating: 7, count: 200)
        for batch in [1, 16, 64, 256] {
            var trio = Trio()
            let rounds = max(1, proposals / batch)
            var ticket: UInt64 = 0
            let time = ContinuousClock().measure {
                for _ in 0..<rounds {
                    for _ in 0..<batch {
                        ticket += 1
                        trio.nodes[0].step(.propose(Proposal(ticket: Ticket(ticket), payloads: [payload])), now: .zero)
                    }
                    trio.exchange()
                }
            }
            XCTAssertEqual(trio.settled, rounds * batch)
            print("bench: \(batch) proposals a batch, all three nodes: \(time / (rounds * batch)) a proposal")
        }
    }

    func testNanosecondsARead() {
        var trio = Trio()
        let rounds = max(1, proposals / 64)
        var ticket: UInt64 = 0
        let time = ContinuousClock().measure {
            for _ in 0..<rounds {
                for _ in 0..<64 {
                    ticket += 1
                    trio.nodes[0].step(.read(Ticket(ticket)), now: .zero)
                }
                trio.exchange()
            }
        }
        XCTAssertEqual(trio.settled, rounds * 64)
        print("bench: 64 reads a round, all three nodes: \(time / (rounds * 64)) a read")
    }

    func testNanosecondsAChainValue() {
        for bytes in [64, 200, 1 << 20] {
            let payload = [UInt8](repeating: 7, count: bytes)
            var chain = ChainValue.empty
            let rounds = max(1, proposals * 200 / (bytes + 200))
            let time = ContinuousClock().measure {
                for index in 1...UInt64(rounds) {
                    chain = chain.extended(
                        id: EntryID(term: 1, index: LogIndex(index)),
                        kind: .command,
                        continues: false,
                        payload: payload
                    )
                }
            }
            XCTAssertNotEqual(chain, .empty)
            print("bench: chain value over \(bytes) bytes: \(time / rounds)")
        }
    }
}
