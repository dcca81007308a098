import Raft
import SimulatedDisk

/// Draws a scenario from a seed: which kinds of faults occur and how often, how large everything is and how long it
/// takes. Each seed has only some of all that, so that rare combinations come up and no fault hides another.
package struct Swarm {
    private var random: SplitMix64
    private let topology: Topology
    private var knobs = Knobs()
    private var kinds: [FaultKind] = []
    /// How many disks may be lost as a whole.
    private var lossesLeft = 0

    /// - Parameter topology: nil draws one.
    package static func scenario(seed: UInt64, topology: Topology? = nil) -> Scenario {
        var random = Seeds(seed: seed).random(.swarm, 0)
        let drawn = random.pick(
            ["1", "2", "2+w", "2+w", "2+w", "3", "3", "3", "3+l", "5", "5"].compactMap { Topology($0) }
        )
        var swarm = Swarm(random: random, topology: topology ?? drawn)
        swarm.drawKnobs()
        swarm.drawKinds()
        var faults = swarm.drawFaults()
        var members = MemberSwarm(seed: seed, topology: swarm.topology)
        members.change(&swarm.knobs, &faults)
        swarm.drawEchoes(seed: seed)
        var survivors = PromotionSwarm(seed: seed, topology: swarm.topology)
        survivors.promote(&swarm.knobs, &faults)
        // Who takes the place of a lost disk is not known there.
        if faults.contains(where: { $0.fault.kind == .membership || $0.fault.kind == .promotion }) {
            faults.removeAll { $0.fault.losesDisk }
        }
        var epochs = EpochSwarm(seed: seed, topology: swarm.topology)
        epochs.promote(&swarm.knobs, &faults)
        return Scenario(seed: seed, topology: swarm.topology, knobs: swarm.knobs, faults: faults)
    }

    private init(random: SplitMix64, topology: Topology) {
        self.random = random
        self.topology = topology
    }

    // MARK: Sizes and times

    private mutating func drawKnobs() {
        knobs.heartbeat = random.pick([20_000, 50_000, 50_000, 100_000])
        knobs.electionTimeout = knobs.heartbeat * random.next(in: 3...6)
        knobs.appendBytesMax = 1 << random.next(in: 6...20)
        knobs.appendEntriesMax = random.pick([1, 3, 16, 1024])
        knobs.appendsInFlightMax = random.pick([1, 1, 1, 2, 4, 8])
        knobs.retainedBytesMax = random.pick([0, 1000, 4000, 16 << 20])
        knobs.uncommittedBytesMax = random.pick([1000, 10_000, 64 << 20])
        knobs.degradeAfter = random.pick([100_000, 300_000, 1_000_000])
        knobs.firstSegmentBytes = random.pick([2048, 4096, 16 << 10])
        knobs.segmentBytes = knobs.firstSegmentBytes * random.pick([1, 4])
        knobs.trimAfter = random.pick([0, 0, 2, 10, 50])
        knobs.checkpointAfter = random.pick([3, 50, 1000])
        knobs.turnMax = random.pick([0, 20, 200])
        knobs.diskMax = random.pick([200, 400, 3000])
        knobs.delayMax = random.pick([200, 400, 2000, 10_000])
        knobs.lateAnswers = random.next(in: 0...1)
        knobs.appendStall = random.pick([300_000, 2_000_000])
        knobs.clients = random.next(in: 1...5)
        knobs.thinkMax = random.pick([20_000, 60_000, 200_000, 400_000])
        knobs.readPermille = random.pick([100, 300, 600])
        knobs.batchMax = random.pick([1, 1, 4])
        knobs.contentBytesMax = random.pick([20, 100, 400])
        knobs.copiesPermille = random.pick([0, 50, 300])
        knobs.duration = random.pick([2, 3, 4, 6]) * 1_000_000
    }

    /// From numbers of its own: a seed without echoes is as if there were none.
    private mutating func drawEchoes(seed: UInt64) {
        var random = Seeds(seed: seed).random(.swarm, 3)
        guard random.next(below: 5) == 0 else { return }
        knobs.echoPermille = random.pick([5, 30, 100])
        knobs.echoMax = random.pick([300_000, 3_000_000])
        knobs.lateAnswers = 1
    }

    private mutating func drawKinds() {
        let share = random.pick([150, 300, 500])
        // Memberships are drawn apart.
        let drawn = FaultKind.allCases.filter { $0 != .membership && $0 != .promotion }
        kinds = drawn.filter { _ in random.hits(permille: share) }
        lossesLeft = topology.votes > 2 ? (topology.votes - 1) / 2 : 0
        guard kinds.contains(.flip) else { return }
        // A lost disk may have the last good copy of what another one has lost.
        lossesLeft = 0
        knobs.scrub = random.pick([0, 0, 5000, 50_000])
        // What everybody has trimmed nobody has copies of.
        if random.next(below: 3) > 0 { knobs.trimAfter = 0 }
    }

    // MARK: Faults

    private mutating func drawFaults() -> [TimedFault] {
        guard !kinds.isEmpty else { return [] }
        var faults: [TimedFault] = []
        let count = random.next(in: 1...random.pick([4, 12, 30]))
        for _ in 0..<count {
            let time = random.next(in: 20_000...knobs.duration)
            faults += drawFault(random.pick(kinds), at: time)
        }
        return faults.filter { $0.time < knobs.duration }.sorted { $0.time < $1.time }
    }

    private mutating func drawFault(_ kind: FaultKind, at time: Int) -> [TimedFault] {
        let id = random.pick(topology.ids)
        let end = time + random.next(in: 1000...random.pick([50_000, 300_000, 1_500_000]))
        switch kind {
        case .crash: return during(time, end, .crash(id, power: nil, operations: random.next(in: 0...8)), .start(id))
        case .powerCut: return drawPowerCut(time, end, id)
        case .trap:
            let power = random.pick([nil, .lost, .kept, .drawn] as [UnsyncedFate?])
            return [TimedFault(at: time, .trap(id, power: power, operation: random.next(in: 1...30)))]
        case .pause: return during(time, end, .pause(id), .resume(id))
        case .cut: return drawCut(time, end)
        case .loss: return set(.lossPermille, random.pick([20, 100, 400]), time, end)
        case .duplication: return set(.duplicatePermille, random.pick([50, 300]), time, end)
        case .delay: return set(.delaySpikePermille, random.pick([20, 200]), time, end)
        case .slowDisk:
            if random.next(below: 2) == 0 { return set(.diskSpikePermille, random.pick([50, 300]), time, end) }
            return during(time, end, .slowDisk(id, random.next(in: 1000...100_000)), .easeDisk(id))
        case .hungDisk: return during(time, end, .hangDisk(id), .easeDisk(id))
        case .fullDisk: return during(time, end, .fillDisk(id), .easeDisk(id))
        case .failedDisk: return [TimedFault(at: time, .failDisk(id, operation: random.next(in: 1...30)))]
        case .transfer: return [TimedFault(at: time, .transfer(random.next(below: 2) == 0 ? nil : id))]
        case .clockJump:
            let seconds = random.pick([-3600, -10, -1, 1, 10, 3600])
            return [TimedFault(at: time, .jumpClock(id, seconds * random.next(in: 1...1000)))]
        case .clockRate:
            return during(time, end, .rateClock(id, random.pick([-200_000, -1000, 1000, 200_000])), .rateClock(id, 0))
        case .membership, .promotion: return []
        case .wipe: return drawWipe(time, id)
        case .rollback: return drawRollback(time, id)
        case .flip: return drawFlip(time, id)
        }
    }

    private func during(_ time: Int, _ end: Int, _ fault: InjectedFault, _ cure: InjectedFault) -> [TimedFault] {
        [TimedFault(at: time, fault), TimedFault(at: end, cure)]
    }

    private func set(_ setting: InjectedFault.Setting, _ value: Int, _ time: Int, _ end: Int) -> [TimedFault] {
        during(time, end, .set(setting, value), .set(setting, 0))
    }

    private mutating func drawWipe(_ time: Int, _ id: NodeID) -> [TimedFault] {
        guard lossesLeft > 0 else { return [] }
        lossesLeft -= 1
        return during(time, time + 1, .crash(id, power: .lost, operations: random.next(in: 0...8)), .wipe(id))
    }

    /// The copy is put back after two more starts, for one that was started once since nobody can tell from the newest.
    private mutating func drawRollback(_ time: Int, _ id: NodeID) -> [TimedFault] {
        guard lossesLeft > 0 else { return [] }
        lossesLeft -= 1
        var faults: [TimedFault] = []
        var next = time
        for fault in [InjectedFault.backUp(id), nil, .restore(id)] {
            faults.append(TimedFault(at: next, .crash(id, power: nil, operations: random.next(in: 0...8))))
            if let fault { faults.append(TimedFault(at: next + 1, fault)) }
            faults.append(TimedFault(at: next + 2, .start(id)))
            next += random.next(in: 100_000...600_000)
        }
        // A leader is heard by all, who then know of its last start.
        let restored = faults[faults.count - 3].time
        return faults + [TimedFault(at: restored - random.next(in: 30_000...90_000), .transfer(id))]
    }

    private mutating func drawFlip(_ time: Int, _ id: NodeID) -> [TimedFault] {
        let targets: [InjectedFault.FlipTarget] =
            knobs.trimAfter == 0 ? [.log, .log, .log, .vote, .derived] : [.vote, .base, .derived]
        return [TimedFault(at: time, .flip(id, random.pick(targets), random.next(in: 0...1 << 30)))]
    }

    /// One machine loses power, or all at once do.
    private mutating func drawPowerCut(_ time: Int, _ end: Int, _ id: NodeID) -> [TimedFault] {
        let fate = random.pick([UnsyncedFate.lost, .kept, .drawn, .drawn])
        let struck = random.next(below: 4) == 0 ? topology.ids : [id]
        return struck.flatMap { id in
            let later = end + random.next(in: 0...50_000)
            return during(time, later, .crash(id, power: fate, operations: random.next(in: 0...8)), .start(id))
        }
    }

    /// A machine alone, a network in two parts, or single directions.
    private mutating func drawCut(_ time: Int, _ end: Int) -> [TimedFault] {
        let ids = topology.ids
        guard ids.count > 1 else { return [] }
        let inside = random.next(below: 2) == 0 ? [random.pick(ids)] : ids.filter { _ in random.next(below: 2) == 0 }
        var ways: [(NodeID, NodeID)] = []
        let directions = random.next(below: 4)
        for id in inside {
            for other in ids where !inside.contains(other) {
                if directions != 0 { ways.append((id, other)) }
                if directions != 1 { ways.append((other, id)) }
            }
        }
        if random.next(below: 5) == 0 {
            ways = ids.flatMap { from in ids.filter { $0 != from }.map { (from, $0) } }
                .filter { _ in random.next(below: 3) == 0 }
        }
        return ways.flatMap { from, to in during(time, end, .cut(from, to), .mend(from, to)) }
    }
}
