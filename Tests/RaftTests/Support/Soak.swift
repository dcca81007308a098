import Raft

/// One random run. The seed decides the cluster, which kinds of faults occur and how often, and every single step.
struct Soak {
    static let steps = 3000

    struct Plan {
        var voters: Int
        var learners: Int
        var witnesses: Int
        var spares: Int
        var changePermille: UInt64
        var dropPercent: UInt64
        var duplicatePercent: UInt64
        var reorders: Bool
        var crashPermille: UInt64
        var cutPermille: UInt64
        var trimPermille: UInt64
        var slowDisks: Bool
        var reportsLosses: Bool
    }

    let plan: Plan
    var network: Network
    private var random: SplitMix64

    /// - Parameter changePermille: how often the membership is changed; nil: the seed decides.
    init(seed: UInt64, changePermille: UInt64? = nil) {
        var random = SplitMix64(seed: seed)
        let plan = Plan(
            voters: [1, 2, 3, 3, 3, 5, 5][Int(random.next(below: 7))],
            learners: Int(random.next(below: 2)),
            witnesses: Int(random.next(below: 4) / 3),
            spares: Int(random.next(below: 3)),
            changePermille: changePermille ?? random.next(below: 2) * random.next(below: 20),
            dropPercent: random.next(below: 2) * random.next(below: 20),
            duplicatePercent: random.next(below: 2) * random.next(below: 20),
            reorders: random.next(below: 2) == 1,
            crashPermille: random.next(below: 2) * random.next(below: 30),
            cutPermille: random.next(below: 2) * random.next(below: 30),
            trimPermille: random.next(below: 2) * random.next(below: 20),
            slowDisks: random.next(below: 3) > 0,
            reportsLosses: random.next(below: 4) > 0
        )
        let settings = Settings(
            appendBytesMax: 1 << Int(6 + random.next(below: 10)),
            appendEntriesMax: Int(1 + random.next(below: 20)),
            appendsInFlightMax: Int(1 + random.next(below: 4)),
            uncommittedBytesMax: 1 << Int(10 + random.next(below: 10)),
            retainedBytesMax: Int(random.next(below: 2) * random.next(below: 4000)),
            degradeAfter: .milliseconds(Int(50 + random.next(below: 300)))
        )
        let names: [NodeID] = ["a", "b", "c", "d", "e"]
        network = Network(
            voters: Array(names.prefix(plan.witnesses > 0 ? 2 : plan.voters)),
            learners: plan.learners > 0 ? ["l"] : [],
            witnesses: plan.witnesses > 0 ? ["w"] : [],
            spares: Array(["s", "t"].prefix(plan.spares)),
            settings: settings,
            seed: seed
        )
        network.reportsLosses = plan.reportsLosses
        network.logReadMax = Int(1 + random.next(below: 8))
        for place in network.machines.indices { network.machines[place].syncsAtOnce = !plan.slowDisks }
        self.plan = plan
        self.random = random
    }

    mutating func run(steps: Int) {
        network.step("a", .campaign)
        for _ in 0..<steps {
            one()
            if !network.checker.violations.isEmpty { return }
        }
    }

    private mutating func one() {
        if hits(plan.crashPermille, of: 1000) { crashOrStart() }
        if hits(plan.cutPermille, of: 1000) { cutOrMend() }
        if hits(plan.trimPermille, of: 1000) { trim() }
        if hits(plan.changePermille, of: 1000) { changeMembership() }
        switch random.next(below: 100) {
        case 0..<55: deliver()
        case 55..<75: network.sync(anyMachine())
        case 75..<85: passTime()
        case 85..<95: propose()
        case 95..<98: _ = network.read(at: hits(1, of: 2) ? anyMachine() : likelyLeader())
        case 98: _ = network.transfer(at: likelyLeader(), to: hits(1, of: 2) ? anyMachine() : nil)
        default: network.step(anyMachine(), .refused(anyMachine()))
        }
    }

    private mutating func hits(_ chance: UInt64, of whole: UInt64) -> Bool { random.next(below: whole) < chance }

    private mutating func anyMachine() -> NodeID {
        network.machines[Int(random.next(below: UInt64(network.machines.count)))].identity.id
    }

    private mutating func likelyLeader() -> NodeID {
        let any = anyMachine()
        return random.next(below: 10) == 0 ? any : network.leader ?? any
    }

    private mutating func deliver() {
        guard !network.packets.isEmpty else { return }
        let place = plan.reorders ? Int(random.next(below: UInt64(network.packets.count))) : 0
        if hits(plan.dropPercent, of: 100) {
            network.lose(network.packets.remove(at: place))
        } else {
            if hits(plan.duplicatePercent, of: 100), network.packets.count < 200 {
                network.packets.append(network.packets[place])
            }
            network.deliver(at: place)
        }
    }

    /// A little, or to the next deadline; packets that wait too long are lost.
    private mutating func passTime() {
        network.now = network.now + .microseconds(Int(random.next(below: 15000)))
        for id in network.upNodes where network[id].deadline <= network.now { network.step(id, .deadline) }
        while network.packets.count > 300 { network.lose(network.packets.removeFirst()) }
    }

    private mutating func propose() {
        _ = network.propose(
            at: likelyLeader(),
            entries: Int(1 + random.next(below: 4)),
            bytes: Int(random.next(below: 60)),
            copies: Int(1 + random.next(below: 3))
        )
    }

    private mutating func crashOrStart() {
        let id = random.next(below: 2) == 0 ? likelyLeader() : anyMachine()
        let machine = network[id]
        if machine.node == nil {
            let applied = min(machine.applied, machine.disk.lastIndex)
            network.start(id, checkpoint: LogIndex(random.next(below: applied.rawValue + 1)))
        } else {
            let kept = Int(random.next(below: UInt64(machine.unsynced.count) + 1))
            network.crash(id, keepingWrites: kept, entries: Int(random.next(below: 4)))
        }
    }

    private mutating func trim() {
        let id = anyMachine()
        let machine = network[id]
        guard machine.applied > machine.disk.base.index else { return }
        let applied = UInt64(machine.disk.base.index.distance(to: machine.applied))
        network.trim(id, through: machine.disk.base.index.advanced(by: Int(1 + random.next(below: applied))))
    }

    /// Something that an operator might ask for now, of a machine that may be anything.
    private mutating func changeMembership() {
        let (leader, id) = (likelyLeader(), anyMachine())
        guard let membership = network[leader].node?.membership else { return }
        let change: MembershipChange
        switch membership[id]?.kind {
        case nil:
            guard !isNeeded(id) else { return }
            rejoin(id)
            let voters = membership.members.count { $0.kind == .voter }
            change = .add(network.member(id, voters == 2 && hits(1, of: 3) ? .witness : .learner))
        case .learner: change = hits(3, of: 4) ? .promote(id) : .remove(id)
        case .witness: change = .remove(id)
        case .voter:
            let url = "http://\(id).\(random.next(below: 1000))"
            change = [.demote(id), .remove(id), .move(id, url: url)][Int(random.next(below: 3))]
        }
        _ = network.change(at: leader, change)
    }

    /// Whether the cluster counts on what the machine has on its disk, or will if it comes to that.
    private func isNeeded(_ id: NodeID) -> Bool {
        let identity = network[id].identity
        if network.membership.recognises(identity) { return true }
        let committed = network.checker.committed.last { $0.kind == .membership }?.index ?? .zero
        return network.memberships.contains { $0.key.index > committed && $0.value.recognises(identity) }
    }

    /// An operator brings a removed node back: with an empty disk, as another member.
    private mutating func rejoin(_ id: NodeID) {
        guard network[id].disk.lastIndex > .zero else { return }
        if network[id].node != nil { network.crash(id) }
        network.wipe(id)
        network.start(id)
    }

    private mutating func cutOrMend() {
        switch random.next(below: 3) {
        case 0: network.cuts = []
        case 1: network.isolate(likelyLeader())
        default: network.cuts.append((anyMachine(), anyMachine()))
        }
    }

    /// Everything works again: a leader must come, take a proposal, and bring every node to the same log.
    mutating func heal() {
        guard network.checker.violations.isEmpty else { return }
        network.cuts = []
        network.reportsLosses = true
        for place in network.machines.indices {
            network.machines[place].syncsAtOnce = true
            let id = network.machines[place].identity.id
            if network.machines[place].node == nil { network.start(id) } else { network.sync(id) }
        }
        network.run(for: .seconds(2))
        guard let leader = network.runUntilLeader() else { return network.checker.violation("no leader after healing") }
        let ticket = network.propose(at: leader)
        let members = network.membership.members.filter { network[$0.id].node != nil }
        let reads = members.map { ($0, network.read(at: $0.id)) }
        network.run(for: .seconds(1))
        for (member, read) in reads {
            switch (network.outcome(read), member.kind) {
            case (.readable, .voter), (.readable, .learner), (.rejected, .witness): break
            case (let outcome, _):
                network.checker.violation("a read at \(member.id) after healing ended with \(outcome.debugDescription)")
            }
        }
        if case .committed = network.outcome(ticket) {
        } else {
            network.checker.violation("a proposal after healing ended with \(network.outcome(ticket).debugDescription)")
        }
        let last = network.status(leader).last
        for id in members.map(\.id) where !network[id].disk.holds(last) || network[id].applied != last.index {
            network.checker.violation("\(id) stays at \(network.status(id)), leader at \(network.status(leader))")
        }
        network.checker.conclude()
    }
}
