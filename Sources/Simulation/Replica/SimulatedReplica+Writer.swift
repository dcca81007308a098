import DequeModule
import Raft
import SimulatedDisk
import Storage

/// The state of the one thread that writes to the log: everything that was handed over while the previous sync ran goes
/// to the disk in one append and one sync.
struct SimulatedWriter {
    enum Phase {
        /// Nothing to do before `wakeAt`.
        case idle
        /// A batch is on its way to the disk.
        case writing
        /// The disk was full; tried again later.
        case waitingForRoom
    }

    var phase = Phase.idle
    /// Handed over, not yet taken.
    var queue: [Persist] = []
    /// Taken, not yet on disk.
    var batch: [Persist] = []
    /// What the log is to go on from.
    var base: BaseState?
    /// Whether the last report of the room said that proposals are taken; nil before the first.
    var accepts: Bool?
    var sealAt: Instant?
    /// The event on the agenda that counts, as opposed to those that were overtaken; nil where none does.
    var call: Int?
    var lastCall = 0

    static let retryDelay = Duration.milliseconds(100)
    static let sealDelay = Duration.seconds(1)
}

// The log writer, in simulated time. What a write does happens all at once when its time is over: until then nobody
// could tell, except by a crash, which sees to it itself.
extension SimulatedReplica {
    func write(_ persist: Persist) {
        writer.queue.append(persist)
        if writer.phase == .idle { beginWriting() }
    }

    func trim(to base: BaseState) {
        writer.base = base
        if writer.phase == .idle { beginWriting() }
    }

    /// How long this machine's disk takes for one write.
    func diskTime() -> Duration {
        let knobs = world.knobs
        let isLong = machine.diskRandom.hits(permille: knobs.diskSpikePermille)
        let most = max(knobs.diskMin, isLong ? knobs.diskSpikeMax : knobs.diskMax)
        return .microseconds(machine.diskRandom.next(in: knobs.diskMin...most) + machine.diskSlowness)
    }

    private func beginWriting() {
        writer.batch += writer.queue
        writer.queue = []
        writer.phase = .writing
        scheduleWriter(at: world.now + diskTime())
    }

    private func scheduleWriter(at time: Instant) {
        writer.lastCall += 1
        writer.call = writer.lastCall
        world.agenda.add(.writer(machine: machine.number, boot: boot, call: writer.lastCall), at: max(world.now, time))
    }

    func writerRuns(_ call: Int) {
        guard writer.call == call, !machine.isDiskHung else { return }
        writer.call = nil
        // The storage code asks its clock.
        _ = machine.clock.read(at: world.now)
        do throws(StorageError) {
            if writer.phase != .idle {
                try writeBatch()
                try cutLog()
                writer.phase = .idle
            } else {
                try directory.requireWritable()
                if let due = writer.sealAt, due <= world.now {
                    writer.sealAt = nil
                    try directory.seal()
                }
            }
        } catch  where error.code == .diskFull {
            noteFull()
        } catch {
            return writerFailed(error)
        }
        reportRoom()
        // Looking at the room may have made a segment.
        if machine.disk.isDead { return world.trapped(machine) }
        goOn()
    }

    /// The disk works again.
    func diskEased() {
        if writer.call != nil || writer.phase != .idle { scheduleWriter(at: world.now) }
    }

    private func writeBatch() throws(StorageError) {
        guard let last = writer.batch.last else { return }
        let before = world.hasFlips ? machine.usedBytes : [:]
        try directory.persist(writer.batch)
        // A vote alone says nothing of the last batch of the log.
        if world.hasFlips, machine.usedBytes != before { machine.vouched = before }
        oracle.persisted(writer.batch, by: self)
        writer.batch = []
        writer.sealAt = world.now + SimulatedWriter.sealDelay
        receive(.persisted(last.token))
    }

    private func cutLog() throws(StorageError) {
        guard let base = writer.base else { return }
        // Overtaken by another node's base.
        if base.entry.index > directory.log.summary.base.index {
            try directory.trim(to: base)
            oracle.trimmed(base, by: self)
            receive(.trimmed(base))
        }
        writer.base = nil
    }

    private func noteFull() {
        if writer.phase == .writing { writer.phase = .waitingForRoom }
        guard writer.accepts != false else { return }
        writer.accepts = false
        var room = directory.room
        room.acceptsProposals = false
        receive(.room(room))
    }

    private func writerFailed(_ error: StorageError) {
        if machine.disk.isDead { return world.trapped(machine) }
        receive(.failed(error.description))
    }

    private func reportRoom() {
        guard writer.phase != .waitingForRoom else { return }
        let room = directory.room
        guard writer.accepts != room.acceptsProposals else { return }
        writer.accepts = room.acceptsProposals
        receive(.room(room))
    }

    private func goOn() {
        switch writer.phase {
        case .waitingForRoom:
            writer.batch += writer.queue
            writer.queue = []
            scheduleWriter(at: world.now + SimulatedWriter.retryDelay)
        case .idle where !writer.queue.isEmpty: beginWriting()
        case .idle where writer.accepts == false: scheduleWriter(at: world.now + SimulatedWriter.retryDelay)
        case .idle: if let sealAt = writer.sealAt { scheduleWriter(at: sealAt) }
        case .writing: preconditionFailure("a write ended and is still under way")
        }
    }
}
