import Raft
import SimulatedDisk
import Storage

/// Keeps the log of one process readable, as the shell's keeper does: reads it again and again, and puts back from the
/// other machines' copies what it finds damaged, or others stumble on.
final class SimulatedKeeper {
    unowned(unsafe) let world: World
    unowned(unsafe) let machine: Machine
    let boot: Int
    let directory: DataDirectory
    /// Entries that can't be read, as last seen.
    private(set) var lost: [ClosedRange<LogIndex>] = []

    private var scrub: LogScrub
    private var roundBegan: Instant
    /// The one on the agenda that counts.
    private var call = 0

    /// How long what nobody has a copy of is left alone.
    private static let retryDelay = Duration.milliseconds(100)
    /// Bytes read at a time.
    private static let stepBytes = 4096

    init(world: World, machine: Machine, directory: DataDirectory) {
        self.world = world
        self.machine = machine
        self.directory = directory
        boot = machine.boot
        scrub = LogScrub(directory.log)
        roundBegan = world.now
    }

    var isWhole: Bool { lost.isEmpty && directory.log.damage.isEmpty }

    /// Somebody found an entry that can't be read, or the log is to be read now.
    func wake() { schedule(in: .zero) }

    private func schedule(in delay: Duration) {
        call += 1
        world.schedule(.keeper(machine: machine.number, boot: boot, call: call), in: delay)
    }

    func run(_ call: Int) {
        guard call == self.call else { return }
        guard !machine.isDiskHung else { return schedule(in: Self.retryDelay) }
        do throws(StorageError) {
            try mend()
            if machine.disk.isDead { return world.trapped(machine) }
            if isWhole { try read() } else { schedule(in: Self.retryDelay) }
        } catch {
            if machine.disk.isDead { return world.trapped(machine) }
            world.keeperFailed(on: machine, error)
        }
    }

    private func read() throws(StorageError) {
        let interval = world.knobs.scrub
        guard interval > 0 else { return }
        let step = try scrub.step(bytesMax: Self.stepBytes)
        if step.isRoundComplete, let damagedAt = machine.damagedAt, damagedAt < roundBegan { machine.damagedAt = nil }
        if step.isRoundComplete || !step.damage.isEmpty { roundBegan = world.now }
        schedule(in: step.damage.isEmpty ? .microseconds(interval) : .zero)
    }

    private func mend() throws(StorageError) {
        guard !directory.log.damage.isEmpty || !lost.isEmpty else { return }
        note()
        // What is written anew is vouched for by what is written next.
        machine.vouched = [:]
        let repair = LogRepair(
            directory: directory,
            sources: try sources(),
            withoutPayloads: machine.kind == .witness,
            mustStop: { false }
        )
        do throws(StorageError) {
            let reasons = try repair.run()
            if !reasons.isEmpty { world.trace("\(machine.id) gets no copies: \(reasons.joined(separator: "; "))") }
        } catch {
            guard !error.isFinal, !machine.disk.isDead else { throw error }
            world.trace("\(machine.id) can't put back what it lost: \(error)")
        }
        note()
    }

    private func note() {
        let found = directory.log.damage.lostRanges
        guard found != lost else { return }
        world.trace("\(machine.id) can't read \(found) of its log")
        if lost.isEmpty { world.statistics.damaged += 1 }
        lost = found
        if lost.isEmpty {
            world.statistics.repaired += 1
            world.oracle(of: machine).repaired(machine, directory)
        }
        world.keeperReports(self)
    }

    /// A witness holds no messages to copy.
    private func sources() throws(StorageError) -> [any CopySource] {
        try directory.everyKnownMember().filter { $0.id != machine.id && $0.kind != .witness }.map {
            SimulatedCopies(world: world, from: machine, to: world.machine(of: $0))
        }
    }
}

/// Another machine, asked for copies: at once, where it can be reached and its process runs.
private struct SimulatedCopies: CopySource {
    let world: World
    let from: Machine
    let to: Machine

    var id: NodeID { to.id }

    func copies(of range: ClosedRange<LogIndex>) -> Result<[Entry], NoCopy> {
        guard let directory = to.keeper?.directory, !to.isPaused, !to.isDiskHung, world.isConnected(from, to) else {
            return .failure(NoCopy(reason: "\(id) does not answer"))
        }
        do throws(StorageError) {
            let copies = try directory.log.copies(of: range, bytesMax: world.settings.appendBytesMax)
            guard copies.first?.index == range.lowerBound else {
                return .failure(NoCopy(reason: "\(id) has no entry \(range.lowerBound)"))
            }
            world.oracle(of: to).copied(copies, from: to)
            return .success(copies)
        } catch {
            return .failure(NoCopy(reason: "\(id) can't read them: \(error)"))
        }
    }
}
