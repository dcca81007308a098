import Raft
import SimulatedDisk

/// Draws promotions after which something is lost, or that leave two epochs beside each other. From numbers of its own:
/// a seed without them is as if there were none.
struct EpochSwarm {
    private var random: SplitMix64
    private let topology: Topology

    init(seed: UInt64, topology: Topology) {
        random = Seeds(seed: seed).random(.swarm, 5)
        self.topology = topology
    }

    mutating func promote(_ knobs: inout Knobs, _ faults: inout [TimedFault]) {
        switch topology.description {
        case "2" where random.next(below: 4) == 0: promoteApart(&knobs, &faults)
        case "3" where random.next(below: 8) == 0, "5" where random.next(below: 8) == 0:
            promoteWithLoss(&knobs, &faults)
        default: return
        }
        faults = faults.filter { $0.time < knobs.duration }.sorted { $0.time < $1.time }
    }

    /// Who was removed, and which disks may still be lost, nobody knows there.
    private mutating func make(
        room: Int,
        _ knobs: inout Knobs,
        _ faults: inout [TimedFault]
    ) -> (start: Int, end: Int) {
        let topology = topology
        faults.removeAll { timed in
            switch timed.fault.kind {
            case .membership, .promotion, .wipe, .rollback, .flip: true
            default: !timed.fault.nodes.allSatisfy(topology.ids.contains)
            }
        }
        knobs.spares = 0
        knobs.scrub = 0
        let start = random.next(in: 200_000...knobs.duration)
        // A node is promoted when it has heard of no leader for five timeouts.
        let end = start + knobs.electionTimeout * random.next(in: 7...room)
        knobs.duration = max(knobs.duration, end + random.pick([0, 500_000, 1_500_000]))
        return (start, end)
    }

    /// Too few are left: the others are wiped, are away for a while, or go on at the other side of a cut.
    private mutating func promoteWithLoss(_ knobs: inout Knobs, _ faults: inout [TimedFault]) {
        let (start, end) = make(room: 16, &knobs, &faults)
        let survivor = random.pick(topology.ids)
        let others = topology.ids.filter { $0 != survivor }
        let isCut = random.next(below: 4) == 0
        let isWiped = random.next(below: 3) == 0
        for other in others {
            let away = start + random.next(in: 0...100_000)
            if isCut {
                for (from, to) in [(survivor, other), (other, survivor)] {
                    faults.append(TimedFault(at: start, .cut(from, to)))
                    faults.append(TimedFault(at: end, .mend(from, to)))
                }
            } else {
                let power = random.pick([nil, .lost, .kept, .drawn] as [UnsyncedFate?])
                faults.append(TimedFault(at: away, .crash(other, power: power, operations: random.next(in: 0...8))))
                let back = isWiped ? InjectedFault.wipe(other) : .start(other)
                faults.append(TimedFault(at: isWiped ? away + 1 : end + random.next(in: 0...300_000), back))
            }
        }
        faults.append(TimedFault(at: start + random.next(in: 0...200_000), .promote(survivor, .acceptsLoss)))
    }

    /// Each of a pair hears nothing of the other, and has an operator who knows only of the one.
    private mutating func promoteApart(_ knobs: inout Knobs, _ faults: inout [TimedFault]) {
        let (start, end) = make(room: 20, &knobs, &faults)
        for (from, to) in [("a", "b"), ("b", "a")] as [(NodeID, NodeID)] {
            faults.append(TimedFault(at: start, .cut(from, to)))
            faults.append(TimedFault(at: end, .mend(from, to)))
            faults.append(TimedFault(at: start + random.next(in: 0...400_000), .promote(from, .unaware)))
        }
    }
}
