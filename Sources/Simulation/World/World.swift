import Messaging
import Raft

/// A cluster with everything around it, in one thread: processes, disks, clocks, a network and clients. One scenario
/// decides all that ever happens in it.
package final class World {
    let scenario: Scenario
    let seeds: Seeds
    /// The knobs as they are now: faults change some of them.
    var knobs: Knobs
    let settings: Settings
    /// As the cluster was formed.
    let founding: Membership
    let cluster: ClusterID
    let machines: [Machine]
    /// Whether bits turn over.
    let hasFlips: Bool

    private(set) var now: Instant = .zero
    var agenda = Agenda()
    var links: [[Link]]
    var clients: [SimulatedClient] = []
    /// What operators, and nodes that join, want of the membership.
    var errands: [Errand] = []
    /// When the network or all disks last changed, or an operator did something.
    var troubled: Instant = .zero
    /// The machines that work after the faults.
    var core: [Int] = []
    var probe: LivenessProbe?
    /// When those that were promoted apart could hear of each other.
    var apart: Instant = .zero
    var parcels: UInt64 = 0
    var calls: UInt64 = 0

    let oracle: Oracle
    /// That of the cluster as it was formed, and those of all promotions.
    var lines: [Oracle]
    package internal(set) var statistics = Statistics()
    package internal(set) var hash = TraceHash()
    /// Hears of everything that happens, in words.
    package var tracer: ((String) -> Void)?
    var isOver = false

    package init(_ scenario: Scenario) {
        self.scenario = scenario
        knobs = scenario.knobs
        settings = Settings(scenario.knobs)
        seeds = Seeds(seed: scenario.seed)
        cluster = ClusterID(high: 0x7A4D, low: scenario.seed)
        let seeds = seeds
        let members = scenario.topology.ids
        let machines = scenario.machines.enumerated().map { number, name in
            let kind = number < members.count ? scenario.topology.kind(of: name) : nil
            return Machine(number: number, name: name, kind: kind, seeds: seeds)
        }
        self.machines = machines
        hasFlips = scenario.faults.contains { $0.fault.kind == .flip }
        founding = Membership(machines.filter(\.isFounder).map { $0.member($0.kind) })
        links = machines.map { from in machines.map { to in Link(seeds.random(.link, from.number, to.number)) } }
        oracle = Oracle(machines: machines, founding: founding)
        lines = [oracle]
    }

    /// Runs to the end, or to the first violation.
    package func run() -> [Violation] {
        begin()
        var happenings = 0
        while oracle.violations.isEmpty, !isOver, let next = agenda.next() {
            happenings += 1
            if happenings > Self.happeningsMax { oracle.violation(.noProgress, "time stands still") }
            precondition(next.time >= now, "time goes back from \(now) to \(next.time)")
            now = next.time
            oracle.now = now
            happen(next.happening)
        }
        if oracle.violations.isEmpty { conclude() }
        statistics.simulatedNanoseconds = now.nanoseconds
        return oracle.violations
    }

    /// Many times more than in the longest run.
    private static let happeningsMax = 5_000_000

    private func begin() {
        for machine in machines where machine.isFounder { start(machine) }
        machines[0].replica?.campaignsAtOnce = true
        for number in 0..<knobs.clients {
            clients.append(SimulatedClient(number: number, random: seeds.random(.client, number)))
            schedule(.clientActs(number), in: .microseconds(10_000 + 1000 * number))
        }
        for (number, timed) in scenario.faults.enumerated() {
            schedule(.fault(number), in: .microseconds(timed.time))
        }
        schedule(.heal, in: .microseconds(knobs.duration))
    }

    func schedule(_ happening: Happening, in delay: Duration) { agenda.add(happening, at: now + delay) }

    func trace(_ text: @autoclosure () -> String) {
        guard let tracer else { return }
        tracer("\(Double(now.nanoseconds / 1000) / 1000) ms  \(text())")
    }

    // MARK: What happens

    private func happen(_ happening: Happening) {
        if let number = happening.process, machines[number].isPaused {
            return machines[number].deferred.append(happening)
        }
        switch happening {
        case .turn(let machine, let boot): machines[machine].replica(boot: boot)?.turn()
        case .wake(let machine, let boot): machines[machine].replica(boot: boot)?.wake()
        case .writer(let machine, let boot, let call): machines[machine].replica(boot: boot)?.writerRuns(call)
        case .bootNote(let machine, let boot, let note): machines[machine].replica(boot: boot)?.finish(note)
        case .keeper(let machine, let boot, let call):
            if machines[machine].boot == boot { machines[machine].keeper?.run(call) }
        case .logRead(let machine, let boot, let read): machines[machine].replica(boot: boot)?.finish(read)
        case .baseRead(let machine, let boot, let term, let peer, let epoch):
            machines[machine].replica(boot: boot)?.sendBase(term: term, to: peer, in: epoch)
        case .restart(let machine, let boot): if machines[machine].boot == boot { start(machines[machine]) }
        case .probe(let machine, let boot, let leader): probe(leader, by: machine, boot)
        case .requestArrives(let parcel): arrive(parcel)
        case .answerArrives(let parcel, let answer): arrive(answer, to: parcel)
        case .laneTimeout(let from, let boot, let to, let lane): expire(from: from, boot, to: to, lane)
        case .clientActs(let client): act(client)
        case .callArrives(let call): arrive(call)
        case .callAnswered(let call, let outcome): answered(call, outcome)
        case .callExpires(let call): expire(call)
        case .errand(let number): pursue(number)
        case .promotion(let promotion): pursue(promotion)
        case .administrationArrives(let call): arrive(call)
        case .administrationAnswered(let call, let outcome): answered(call, outcome)
        case .administrationExpires(let call): expire(call)
        case .fault(let number): perform(scenario.faults[number].fault)
        case .heal: heal()
        case .settleCore: settleCore()
        case .inspect: inspect()
        case .inspectApart: inspectApart()
        }
    }
}

extension Happening {
    /// The machine whose process has to run for this to happen.
    fileprivate var process: Int? {
        switch self {
        case .turn(let machine, _), .wake(let machine, _), .writer(let machine, _, _), .logRead(let machine, _, _),
            .keeper(let machine, _, _), .bootNote(let machine, _, _), .probe(let machine, _, _),
            .baseRead(let machine, _, _, _, _):
            machine
        case .requestArrives(let parcel): parcel.to
        case .answerArrives(let parcel, _): parcel.from
        case .laneTimeout(let from, _, _, _): from
        case .callArrives(let call): call.machine
        case .administrationArrives(let call): call.machine
        case .restart, .clientActs, .callAnswered, .callExpires, .errand, .promotion,
            .administrationAnswered, .administrationExpires, .fault, .heal, .settleCore, .inspect, .inspectApart:
            nil
        }
    }
}

extension Settings {
    init(_ knobs: Knobs) {
        self.init(
            heartbeatInterval: .microseconds(knobs.heartbeat),
            electionTimeout: .microseconds(knobs.electionTimeout),
            appendBytesMax: knobs.appendBytesMax,
            appendEntriesMax: knobs.appendEntriesMax,
            appendsInFlightMax: knobs.appendsInFlightMax,
            uncommittedBytesMax: knobs.uncommittedBytesMax,
            retainedBytesMax: knobs.retainedBytesMax,
            degradeAfter: .microseconds(knobs.degradeAfter)
        )
    }
}
