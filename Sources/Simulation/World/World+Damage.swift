import Raft
import SimulatedDisk
import Storage

// Disks that forget: bits that turn over, and what becomes of a process whose log can't be read.
extension World {
    // MARK: Flips

    /// Turns over one bit of what this machine has on its disk, unless that would cost the cluster what nobody else
    /// has: some other disk stays good.
    func flip(_ machine: Machine, _ target: InjectedFault.FlipTarget, _ number: Int) {
        switch target {
        case .log: flipLog(of: machine, number)
        case .vote:
            guard let bytes = machine.disk.bytes(of: "vote") else { return }
            let copies = [bytes.prefix(512), bytes.dropFirst(4096)]
            guard bytes.count == 4608, Array(copies[0]) == Array(copies[1]) else { return }
            let offset = number % 1024
            flip(machine, "vote", (offset < 512 ? 0 : 4096 - 512) + offset, number)
        case .base:
            let path = number % 2 == 0 ? "base" : "base.copy"
            guard let bytes = machine.disk.bytes(of: path), bytes == machine.disk.bytes(of: "base"),
                bytes == machine.disk.bytes(of: "base.copy")
            else { return }
            flip(machine, path, number / 2 % bytes.count, number)
        case .derived:
            let paths = machine.derivedFiles
            guard !paths.isEmpty else { return }
            let path = paths[number % paths.count]
            guard let count = machine.disk.bytes(of: path)?.count, count > 0 else { return }
            flip(machine, path, number / paths.count % count, number)
        }
    }

    private func flip(_ machine: Machine, _ path: String, _ offset: Int, _ number: Int) {
        statistics.count(.flip)
        trace("\(machine.id): bit \(number % 8) of byte \(offset) of \(path) turns over")
        machine.disk.flip(bit: number % 8, ofByte: offset, in: path)
    }

    /// Only what a later batch vouches for: of the last one nobody can tell a flip from a torn write. Only where all of
    /// it is committed and another good disk has it.
    private func flipLog(of machine: Machine, _ number: Int) {
        let last = oracle.lastStored(on: machine.number)
        guard knobs.trimAfter == 0, oracle(of: machine).committed.holds(last), !machine.isWiped,
            machines.contains(where: { other in
                other.number != machine.number && other.kind != .witness && other.damagedAt == nil && !other.isWiped
                    && oracle(of: machine).committed.membership.recognises(other.identity)
                    && oracle.holds(last, on: other.number)
            })
        else { return }
        let files = machine.vouched.sorted { $0.key < $1.key }.filter { $0.value > 0 }
        let total = files.reduce(0) { $0 + $1.value }
        guard total > 0 else { return }
        var place = number % total
        for (path, count) in files {
            if place < count {
                guard machine.disk.bytes(of: path)?.count ?? 0 > place else { return }
                machine.damagedAt = now
                return flip(machine, path, place, number)
            }
            place -= count
        }
    }

    // MARK: Keepers

    /// Whether each can reach the other.
    func isConnected(_ one: Machine, _ other: Machine) -> Bool {
        !links[one.number][other.number].isCut && !links[other.number][one.number].isCut
    }

    /// A process has opened its directory. True where it can take part at once: of a log that can't be read a node
    /// can't tell what it has promised.
    func beginKeeping(_ machine: Machine, _ directory: DataDirectory) -> Bool {
        let keeper = SimulatedKeeper(world: self, machine: machine, directory: directory)
        machine.keeper = keeper
        // Where it goes on from a checkpoint, a start has not read everything.
        if !directory.recovered.damage.isEmpty {
            machine.vouched = [:]
        } else if directory.recovered.checkpoint == nil {
            machine.damagedAt = nil
        }
        let isWhole = directory.log.damage.lostRanges.isEmpty
        if !isWhole || knobs.scrub > 0 { keeper.wake() }
        return isWhole
    }

    /// Other entries can be read than before.
    func keeperReports(_ keeper: SimulatedKeeper) {
        let machine = keeper.machine
        if let replica = machine.replica {
            replica.receive(.health(keeper.lost))
        } else if keeper.lost.isEmpty {
            do throws(StorageError) {
                try begin(machine, keeper.directory)
            } catch {
                startFailed(machine, error)
            }
        }
    }

    func keeperFailed(on machine: Machine, _ error: StorageError) {
        if let replica = machine.replica {
            replica.receive(.failed("the log can't be kept readable: \(error)"))
        } else {
            startFailed(machine, error)
        }
    }
}
