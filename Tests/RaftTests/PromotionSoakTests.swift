import Raft
import XCTest

/// Pairs that lose one node after the other, at random moments, with an operator who promotes the one that is left.
final class PromotionSoakTests: XCTestCase {
    func testNothingThatAPairAcknowledgedIsEverLost() {
        for seed in 1...60 as ClosedRange<UInt64> {
            var generator = SplitMix64(seed: seed)
            var network = Network(voters: ["a", "b"], seed: seed)
            network.elect("a")
            for _ in 0..<4 { losesOne(&network, &generator, seed) }
            network.checker.conclude()
            XCTAssertEqual(network.checker.violations, [], "seed \(seed)")
            guard network.checker.violations.isEmpty else { return }
        }
    }

    private func losesOne(_ network: inout Network, _ generator: inout SplitMix64, _ seed: UInt64) {
        let lost: NodeID = generator.next(below: 2) == 0 ? "a" : "b"
        let left: NodeID = lost == "a" ? "b" : "a"
        let epoch = network.status(left).epoch.number
        propose(&network, &generator)
        let isCut = generator.next(below: 2) == 0
        if isCut { network.isolate(lost) } else { network.crash(lost, keepingWrites: Int(generator.next(below: 3))) }
        propose(&network, &generator)
        network.run(for: .seconds(2))
        _ = network.promote(at: left)
        // The power may go at any moment of it.
        if generator.next(below: 4) == 0 {
            network.crash(left, keepingWrites: Int(generator.next(below: 2)))
            network.start(left)
            network.run(for: .seconds(2))
            if network.status(left).epoch.number == epoch { _ = network.promote(at: left) }
        }
        propose(&network, &generator)
        network.run(for: .milliseconds(Int64(generator.next(below: 300))))
        if isCut { network.cuts = [] } else { network.start(lost) }
        propose(&network, &generator)
        network.run(for: .seconds(2))
        for id: NodeID in ["a", "b"] {
            XCTAssertEqual(network.status(id).epoch.number, epoch + 1, "seed \(seed)")
            XCTAssertNil(network.status(id).divergence, "seed \(seed)")
        }
        XCTAssertEqual(network.membership.voters.map(\.id), ["a", "b"], "seed \(seed)")
    }

    /// Some at whoever leads, some at both, with and without time to be answered.
    private func propose(_ network: inout Network, _ generator: inout SplitMix64) {
        for _ in 0..<generator.next(below: 6) {
            for id in network.upNodes where generator.next(below: 3) > 0 {
                _ = network.propose(at: id, entries: 1 + Int(generator.next(below: 3)))
            }
            if generator.next(below: 3) == 0, !network.packets.isEmpty {
                network.deliver(at: Int(generator.next(below: UInt64(network.packets.count))))
            }
        }
    }
}
