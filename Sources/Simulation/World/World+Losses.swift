import Raft
import SimulatedDisk

// Disks that are lost as a whole: empty, or put back from an older copy.
extension World {
    func wipe(_ machine: Machine) {
        guard machine.keeper == nil, isSpare(machine) else { return }
        statistics.count(.wipe)
        machine.isWiped = true
        forget(machine)
    }

    /// Copies the directory of a machine whose process is down.
    func backUp(_ machine: Machine) {
        guard machine.keeper == nil, !machine.isLost else { return }
        machine.backup = Machine.Backup(disk: machine.disk.copy(), boot: machine.bootCount)
    }

    /// Puts the copy back, where everybody who might hear this node knows better: of one that was started once since
    /// nobody can tell.
    func restore(_ machine: Machine) {
        // What comes once more, long after, can't be told from what the copy sends.
        guard knobs.echoPermille == 0 else { return }
        guard machine.keeper == nil, !machine.isLost, let backup = machine.backup, isSpare(machine) else { return }
        let others = machines.filter { $0.number != machine.number && $0.isInUse && $0.kind != .learner && !$0.isLost }
        guard others.allSatisfy({ $0.knownBoots[machine.id] ?? 0 > backup.boot + 1 }) else { return }
        trace("\(machine.id) is put back from a copy of start \(backup.boot)")
        statistics.count(.rollback)
        machine.disk = backup.disk.copy()
        machine.vouched = [:]
        machine.isOutdated = true
        // What it sent in later starts, and is still on its way, is as good as it was.
        machine.lastBoot = backup.boot
        machine.ownOracle = Oracle(machines: machines, founding: founding)
        forget(machine)
    }

    /// Whether the others go on without this machine's disk, and hold what was acknowledged. While the backup of a pair
    /// is out, the primary alone has the newest messages.
    private func isSpare(_ machine: Machine) -> Bool {
        guard scenario.topology.hasWitness, machine.kind == .voter else { return true }
        let last = oracle.committed.lastEntry
        let rest = machines.filter { $0.number != machine.number && $0.isInUse && !$0.isLost }
        return rest.contains { other in
            other.kind == .voter && oracle.holds(last, on: other.number)
                && rest.allSatisfy { oracle.lastStored(on: $0.number) <= oracle.lastStored(on: other.number) }
        }
    }
}
