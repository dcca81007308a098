import Raft
import SimulatedDisk

// What goes wrong.
extension World {
    func perform(_ fault: InjectedFault) {
        if let kind = fault.kind, !kind.isConditional { statistics.count(kind) }
        trace("fault: \(fault)")
        hash.mix(5)
        hash.mix(now.nanoseconds)
        noteTrouble(fault)
        switch fault {
        case .crash(let id, let power, let operations): crash(machine(id), power: power, operations: operations)
        case .trap(let id, let power, let operation):
            machine(id).trapPower = power
            machine(id).disk.inject(.powerCutWithin, at: machine(id).disk.operations + operation)
        case .start(let id): start(machine(id))
        case .pause(let id): if machine(id).keeper != nil { machine(id).isPaused = true }
        case .resume(let id): resume(machine(id))
        case .cut(let from, let to): links[machine(from).number][machine(to).number].isCut = true
        case .mend(let from, let to): links[machine(from).number][machine(to).number].isCut = false
        case .set(let setting, let value): knobs[keyPath: setting.knob] = value
        case .slowDisk(let id, let microseconds): machine(id).diskSlowness = microseconds
        case .hangDisk(let id): machine(id).isDiskHung = true
        case .fillDisk(let id):
            machine(id).isDiskFull = true
            machine(id).disk.setCapacity(0)
        case .easeDisk(let id): easeDisk(of: machine(id))
        case .failDisk(let id, let operation):
            machine(id).disk.inject(.error, at: machine(id).disk.operations + operation)
        case .jumpClock(let id, let milliseconds): machine(id).clock.jumpWall(milliseconds: milliseconds)
        case .rateClock(let id, let rate): setRate(of: machine(id), to: rate)
        case .transfer(let id): leader?.replica?.receive(.transfer(id))
        case .wipe(let id): wipe(machine(id))
        case .backUp(let id): backUp(machine(id))
        case .restore(let id): restore(machine(id))
        case .flip(let id, let target, let number): flip(machine(id), target, number)
        case .membership(let wish): begin(wish)
        case .promote(let id, let care): beginPromotion(of: machine(id), care)
        }
    }

    /// Who leads in the highest term.
    var leader: Machine? {
        machines.filter { $0.replica?.node.role == .leader }
            .max { $0.replica?.node.term ?? .zero < $1.replica?.node.term ?? .zero }
    }

    func easeDisk(of machine: Machine) {
        machine.diskSlowness = 0
        machine.isDiskFull = false
        machine.disk.setCapacity(nil)
        guard machine.isDiskHung else { return }
        machine.isDiskHung = false
        machine.replica?.diskEased()
    }

    func setRate(of machine: Machine, to partsPerMillion: Int) {
        machine.clockRate = partsPerMillion
        machine.clock.setRate(partsPerMillion: partsPerMillion, at: now)
        if machine.replica != nil { schedule(.wake(machine: machine.number, boot: machine.boot), in: .zero) }
    }

    func resume(_ machine: Machine) {
        guard machine.isPaused else { return }
        machine.isPaused = false
        for happening in machine.deferred { agenda.add(happening, at: now) }
        machine.deferred = []
    }
}
