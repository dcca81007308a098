import Raft
import SimulatedDisk
import Storage

// Processes begin and end.
extension World {
    /// Starts a process, unless one runs.
    func start(_ machine: Machine) {
        guard machine.keeper == nil, machine.joining == nil, !machine.isWiped, machine.isInUse else { return }
        // Each start counts: after enough of them nobody can tell any more.
        if machine.isOutdated, machine.ownOracle?.hasSeen == true, !machine.isTold { return }
        machine.isOff = false
        machine.boot += 1
        for other in machines.indices { links[machine.number][other].reset() }
        _ = machine.clock.read(at: now)
        do throws(StorageError) {
            let directory = try open(machine)
            machine.bootCount = directory.recovered.bootCount
            guard directory.identity.cluster != nil else { return beginJoining(machine, directory) }
            if beginKeeping(machine, directory) { try begin(machine, directory) }
        } catch {
            startFailed(machine, error)
        }
    }

    func begin(_ machine: Machine, _ directory: DataDirectory) throws(StorageError) {
        machine.isTakenIn = true
        do throws(StorageError) {
            try chooseLine(of: machine, directory)
            try oracle(of: machine).recovered(machine, directory)
        } catch  where error.isDamage {
            // The judge reads more of a log than a start does. What it stumbles on is put back first.
            return machine.keeper?.wake() ?? ()
        }
        let replica = try SimulatedReplica(world: self, machine: machine, directory: directory)
        if machine.disk.isDead { return trapped(machine) }
        machine.replica = replica
        machine.lastBoot = directory.recovered.bootCount
        oracle(of: machine).restored(replica)
        machine.troubled = now
        trace("\(machine.id) starts (boot \(machine.boot)) with \(directory.hardState), \(directory.log.summary.last)")
        schedule(.turn(machine: machine.number, boot: machine.boot), in: .zero)
    }

    func startFailed(_ machine: Machine, _ error: StorageError) {
        if machine.disk.isDead { return trapped(machine) }
        trace("\(machine.id) can't start: \(error)")
        oracle(of: machine).failedToStart(machine, error)
        endProcess(of: machine, power: nil)
        restartLater(machine)
    }

    /// Opens the data directory, and begins it where it is new, as every member of a fresh cluster does.
    private func open(_ machine: Machine) throws(StorageError) -> DataDirectory {
        let directory = try DataDirectory.open(
            on: machine.disk,
            node: machine.id,
            incarnation: machine.incarnation,
            settings: storageSettings(of: machine)
        )
        guard machine.isFounder else { return directory }
        let founding = MembershipCoding.encode(founding, cluster: cluster)
        if directory.identity.cluster == nil { try directory.adopt(cluster: cluster, formation: founding) }
        if directory.log.summary.last == .zero {
            let id = EntryID(term: 1, index: 1)
            let entry = Entry(id: id, kind: .membership, payload: founding, after: .empty)
            try directory.begin(HardState(term: 1, vote: nil), [entry])
        }
        return directory
    }

    private func storageSettings(of machine: Machine) -> StorageSettings {
        let clock = machine.clock
        return StorageSettings(
            segmentBytes: max(scenario.knobs.segmentBytes, scenario.knobs.firstSegmentBytes),
            firstSegmentBytes: scenario.knobs.firstSegmentBytes,
            lowWaterBytes: scenario.knobs.firstSegmentBytes / 4,
            reserveBytes: scenario.knobs.reserveBytes,
            retryInterval: .milliseconds(200),
            preparesInBackground: false,
            now: { clock.lastRead }
        )
    }

    /// `kill -9`, or with `power` the plug is pulled. The write under way gets as far as so many disk operations.
    func crash(_ machine: Machine, power: UnsyncedFate?, operations: Int) {
        guard machine.keeper != nil || machine.joining != nil else { return }
        if let replica = machine.replica, replica.writer.phase == .writing, !machine.isDiskHung {
            machine.disk.inject(.powerCutWithin, at: machine.disk.operations + operations + 1)
            // However it ends, nobody is told.
            try? replica.directory.persist(replica.writer.batch)
        }
        endProcess(of: machine, power: power)
        if power != nil { machine.isOff = true }
        trace("\(machine.id) is gone")
    }

    /// The disk operation that was to be the last one was.
    func trapped(_ machine: Machine) {
        trace("\(machine.id) dies within a disk operation")
        endProcess(of: machine, power: machine.trapPower)
        restartLater(machine)
    }

    /// The process ends by itself.
    func exit(_ machine: Machine, because reason: String) {
        trace("\(machine.id) ends: \(reason)")
        if let fault = machine.replica?.node.fault { oracle(of: machine).halted(machine, fault) }
        endProcess(of: machine, power: nil)
        restartLater(machine)
    }

    private func restartLater(_ machine: Machine) {
        schedule(.restart(machine: machine.number, boot: machine.boot), in: .microseconds(knobs.restart))
    }

    private func endProcess(of machine: Machine, power: UnsyncedFate?) {
        machine.disk.cutPower()
        machine.disk = if let power { machine.disk.reboot(power) } else { machine.disk.restartProcess() }
        machine.troubled = now
        machine.isPaused = false
        machine.deferred = []
        machine.trapPower = nil
        machine.keeper = nil
        machine.joining = nil
        guard let replica = machine.replica else { return }
        machine.replica = nil
        oracle(of: machine).ended(replica)
        for call in replica.openCalls { answer(call, .unknown) }
        if power == nil { noticeEnd(of: machine) }
        for other in machines.indices { links[machine.number][other].reset() }
    }
}

extension SimulatedReplica {
    /// Calls without an answer, in the order of their numbers.
    var openCalls: [ClientCall] {
        (asked.values + held + appliedWaiters).filter { !$0.isOver }.sorted { $0.number < $1.number }
    }
}
