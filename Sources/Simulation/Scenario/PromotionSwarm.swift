import Raft
import SimulatedDisk

/// Draws promotions, from numbers of its own: a seed without them is as if there were none.
struct PromotionSwarm {
    private var random: SplitMix64
    private let topology: Topology

    init(seed: UInt64, topology: Topology) {
        random = Seeds(seed: seed).random(.swarm, 4)
        self.topology = topology
    }

    /// In a pair one node is lost for long and the other goes on; elsewhere nobody can without loss, and must not.
    mutating func promote(_ knobs: inout Knobs, _ faults: inout [TimedFault]) {
        guard topology.ids.count > 1, random.next(below: topology.ids == ["a", "b"] ? 2 : 12) == 0 else { return }
        for _ in 0..<random.next(in: 1...2) {
            let survivor = random.pick(topology.ids)
            let lost = random.pick(topology.ids.filter { $0 != survivor })
            let start = random.next(in: 100_000...knobs.duration)
            // A node is promoted when it has heard of no leader for five timeouts.
            let end = start + knobs.electionTimeout * random.next(in: 6...14)
            faults += loss(of: lost, survivor, start, end)
            faults.append(TimedFault(at: start + random.next(in: 0...200_000), .promote(survivor)))
            knobs.duration = max(knobs.duration, end + 500_000)
        }
        faults = faults.filter { $0.time < knobs.duration }.sorted { $0.time < $1.time }
    }

    private mutating func loss(of lost: NodeID, _ survivor: NodeID, _ start: Int, _ end: Int) -> [TimedFault] {
        let power = random.pick([nil, .lost, .kept, .drawn] as [UnsyncedFate?])
        let drawn: [[(InjectedFault, InjectedFault)]] = [
            [(.crash(lost, power: power, operations: random.next(in: 0...8)), .start(lost))],
            [(.pause(lost), .resume(lost))],
            [(.cut(survivor, lost), .mend(survivor, lost)), (.cut(lost, survivor), .mend(lost, survivor))],
        ]
        return random.pick(drawn).flatMap { [TimedFault(at: start, $0.0), TimedFault(at: end, $0.1)] }
    }
}
