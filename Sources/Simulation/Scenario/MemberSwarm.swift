import Raft
import SimulatedDisk

/// Draws changes of the membership, from numbers of its own: a seed without them is as if there were none.
struct MemberSwarm {
    private var random: SplitMix64
    private let topology: Topology

    init(seed: UInt64, topology: Topology) {
        random = Seeds(seed: seed).random(.swarm, 2)
        self.topology = topology
    }

    /// Adds them to what else goes wrong, in every third seed.
    mutating func change(_ knobs: inout Knobs, _ faults: inout [TimedFault]) {
        guard random.next(below: 3) == 0 else { return }
        knobs.spares = random.next(in: 1...3)
        for spare in Scenario.spares.prefix(knobs.spares) {
            let time = random.next(in: 20_000...knobs.duration / 2)
            faults.append(TimedFault(at: time, .membership(.join(spare, as: name(of: spare), kind()))))
            if random.next(below: 2) == 0 { faults += drawFaults(of: spare, after: time, knobs) }
        }
        for _ in 0..<random.next(in: 1...4) {
            let time = random.next(in: 20_000...knobs.duration)
            faults.append(TimedFault(at: time, .membership(drawChange(knobs))))
        }
        faults = faults.filter { $0.time < knobs.duration }.sorted { $0.time < $1.time }
    }

    /// Mostly its own; now and then that of a member, whose place it takes once that is removed.
    private mutating func name(of spare: NodeID) -> NodeID {
        random.next(below: 3) == 0 ? random.pick(topology.ids) : spare
    }

    private mutating func kind() -> Membership.Member.Kind {
        random.pick([.voter, .voter, .learner] + (topology.voters == 2 ? [.witness] : []))
    }

    private mutating func drawChange(_ knobs: Knobs) -> MemberWish {
        let ids = topology.ids + Scenario.spares.prefix(knobs.spares)
        switch random.next(below: 6) {
        case 0: return .remove(nil)
        case 1: return .demote(random.pick(ids))
        default: return .remove(random.pick(ids))
        }
    }

    private mutating func drawFaults(of spare: NodeID, after time: Int, _ knobs: Knobs) -> [TimedFault] {
        let start = time + random.next(in: 1000...500_000)
        let end = start + random.next(in: 1000...500_000)
        let other = random.pick(topology.ids)
        let power = random.pick([nil, .lost, .kept, .drawn] as [UnsyncedFate?])
        let drawn: [(InjectedFault, InjectedFault)] = [
            (.crash(spare, power: power, operations: random.next(in: 0...8)), .start(spare)),
            (.pause(spare), .resume(spare)),
            (.cut(spare, other), .mend(spare, other)),
            (.cut(other, spare), .mend(other, spare)),
            (.slowDisk(spare, random.next(in: 1000...100_000)), .easeDisk(spare)),
        ]
        let (fault, cure) = random.pick(drawn)
        return [TimedFault(at: start, fault), TimedFault(at: end, cure)]
    }
}
