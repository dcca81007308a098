import Raft
import SimulatedDisk
import Storage

// What operators do to the membership, and how new nodes come in.
extension World {
    /// Begins what a scenario wants, where there is anything to do.
    func begin(_ wish: MemberWish) {
        switch wish {
        case .join(let name, let id, let kind):
            let machine = machine(name)
            guard !machine.isInUse else { return }
            machine.id = id
            machine.kind = kind
            machine.isInUse = true
            start(machine)
            begin(.member(machine.member(kind)), joiner: machine.number)
        case .remove(let id):
            guard let member = (id ?? leader?.id).flatMap({ prevailing.committed.membership[$0] }) else { return }
            begin(.gone(MemberIdentity(id: member.id, incarnation: member.incarnation)))
        case .demote(let id):
            guard var member = prevailing.committed.membership[id], member.kind == .voter else { return }
            member.kind = .learner
            begin(.member(member))
        }
    }

    private func begin(_ goal: MemberGoal, joiner: Int? = nil) {
        let number = errands.count
        let random = seeds.random(.administration, number)
        errands.append(Errand(number: number, goal: goal, joiner: joiner, target: 0, random: random))
        schedule(.errand(number), in: .zero)
    }

    private static var pause: Duration { .milliseconds(20) }

    func pursue(_ number: Int) {
        let errand = errands[number]
        guard !errand.isOver else { return }
        if let joiner = errand.joiner.map({ machines[$0] }) {
            let isRunning = (joiner.joining != nil || joiner.replica != nil) && !joiner.isPaused
            guard isRunning else { return schedule(.errand(number), in: Self.pause) }
        }
        errand.attempts += 1
        // An operator gives up in the end; a node that is to join asks as long as it runs.
        guard errand.joiner != nil || errand.attempts < Errand.attemptsMax else { return errand.isOver = true }
        let isNew = errand.joiner.map { machines[$0].joining != nil } ?? false
        let goal = isNew ? errand.goal.asNew : errand.goal
        let call = AdministrationCall(errand: number, machine: errand.target, goal: goal, isNew: isNew)
        schedule(.administrationArrives(call), in: administrationDelay(errand))
        schedule(.administrationExpires(call), in: .microseconds(knobs.requestTimeout))
    }

    private func administrationDelay(_ errand: Errand) -> Duration { .microseconds(errand.random.next(in: 50...300)) }

    /// Once the faults have ended, one of those that work.
    private func anyMachine(_ errand: Errand) -> Int {
        let choice = machines.filter { $0.isTakenIn && !$0.isWiped }.map(\.number)
        return errand.random.pick(probe.map { probe in choice.filter(probe.core.contains) } ?? choice)
    }

    func arrive(_ call: AdministrationCall) {
        guard !call.isOver else { return }
        let machine = machines[call.machine]
        if let replica = machine.replica {
            replica.receive(.administration(call))
        } else if !machine.isOff {
            answer(call, .notAccepted(primary: nil))
        }
    }

    func answer(_ call: AdministrationCall, _ outcome: AdministrationOutcome) {
        schedule(.administrationAnswered(call, outcome), in: administrationDelay(errands[call.errand]))
    }

    func answered(_ call: AdministrationCall, _ outcome: AdministrationOutcome) {
        let errand = errands[call.errand]
        guard !call.isOver, !errand.isOver else { return }
        call.isOver = true
        hash.mix(7)
        hash.mix(call.entry?.index.rawValue ?? 0)
        trace("errand \(errand.number), \(errand.goal): \(outcome)")
        switch outcome {
        case .changed(let isLast):
            statistics.membershipChanges += 1
            makeProgress(errand, call, isLast: isLast)
        case .done: makeProgress(errand, call, isLast: true)
        case .refused(let isFinal):
            // Who is not taken in goes on asking; who is stays what it is.
            if isFinal, !call.isNew { errand.isOver = true }
        case .notAccepted(let primary): errand.target = primary ?? anyMachine(errand)
        }
        schedule(.errand(errand.number), in: Self.pause)
    }

    private func makeProgress(_ errand: Errand, _ call: AdministrationCall, isLast: Bool) {
        if call.isNew, let joiner = errand.joiner.map({ machines[$0] }) {
            // Its process ended meanwhile: the next one asks again.
            guard joiner.joining != nil, !joiner.isPaused else { return }
            takeIn(joiner)
        }
        errand.isOver = isLast && call.goal == errand.goal
        guard isLast, case .gone(let identity) = errand.goal, errand.random.next(below: 2) == 0 else { return }
        // Some operators stop what they have removed.
        guard let machine = machines.first(where: { $0.identity == identity }) else { return }
        resume(machine)
        crash(machine, power: .kept, operations: 100)
    }

    func expire(_ call: AdministrationCall) {
        guard !call.isOver else { return }
        call.isOver = true
        let errand = errands[call.errand]
        errand.target = anyMachine(errand)
        schedule(.errand(errand.number), in: .zero)
    }

    // MARK: New nodes

    /// The process has a data directory of no cluster yet.
    func beginJoining(_ machine: Machine, _ directory: DataDirectory) {
        machine.joining = directory
        trace("\(machine.id) waits to be taken in (boot \(machine.boot))")
    }

    /// The cluster has this node for a member: it writes down which one that is, and its log begins.
    private func takeIn(_ machine: Machine) {
        guard let directory = machine.joining else { return }
        _ = machine.clock.read(at: now)
        do throws(StorageError) {
            try directory.adopt(cluster: cluster, formation: nil)
            machine.joining = nil
            if beginKeeping(machine, directory) { try begin(machine, directory) }
        } catch {
            startFailed(machine, error)
        }
    }
}
