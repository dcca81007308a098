import DequeModule
import Messaging
import Raft
import SimulatedDisk
import Storage

/// One process: does what the shell's replica loop does, with the real core and the real log, in simulated time.
///
/// A turn: take what arrived, step the node with each thing, obey what it then asks for (`Ready`), apply what is
/// committed, answer.
final class SimulatedReplica {
    /// What reaches the process.
    enum Input {
        case request(Parcel)
        case reply(RPCReply, from: MemberIdentity, epoch: Epoch, hlc: HybridTimestamp, boot: UInt64)
        case otherEpoch(Epoch, from: MemberIdentity, RPCRequest.Lane)
        case removed(by: MemberIdentity, RPCRequest.Lane)
        case undelivered(NodeID, RPCRequest.Lane)
        case refused(NodeID, RPCRequest.Lane)
        case connectionRefused(NodeID)
        case call(ClientCall)
        case transfer(NodeID?)
        case administration(AdministrationCall)
        case promotion(SimulatedPromotion)
        case persisted(PersistToken)
        case trimmed(BaseState)
        case room(Room)
        /// Entries of the log that can't be read.
        case health([ClosedRange<LogIndex>])
        case failed(String)
    }

    /// Both outlive every process.
    unowned(unsafe) let world: World
    unowned(unsafe) let machine: Machine
    let boot: Int
    let directory: DataDirectory

    var node: RaftNode
    var broker = Broker()
    var clock = HybridClock()
    /// The machine's monotonic clock at this turn.
    var now: Instant
    var nodeDeadline: Instant
    var campaignsAtOnce = false

    /// Those it can send to.
    private(set) var peers: [NodeID: Membership.Member] = [:]
    private var inbox: [Input] = []
    private var isTurnDue = false
    /// The earliest wake-up on the agenda, by the machine's clock.
    private var wakeAt: Instant?

    /// Promises that wait for the write they speak of, oldest first.
    var promises: Deque<(token: PersistToken, outbound: [Outbound], epoch: Epoch)> = []
    var lastHandedOut = PersistToken(0)
    var lastPersisted = PersistToken(0)
    /// Everything up to here may be applied.
    var applicable: LogIndex
    /// The primary's snapshot on its way to the disk.
    var installing: (token: PersistToken, snapshot: Snapshot)?
    /// Settled by the node, waiting to be applied.
    var settling: Deque<Settlement> = []
    var asked: [Ticket: ClientCall] = [:]
    var lastTicket: UInt64 = 0
    /// What operators ask for.
    var administered: [Ticket: AdministrationCall] = [:]
    /// Requests to hand over that were not answered yet, with the terms they came in.
    var transfers: [Ticket: Term] = [:]
    var promotions: [Ticket: SimulatedPromotion] = [:]
    /// Held until a primary is known.
    var held: [ClientCall] = []
    /// Calls that wait until an entry is applied here.
    var appliedWaiters: [ClientCall] = []
    var peerRequests: PeerRequests
    /// Up to where the log was cut last, or is to be.
    var lastTrim: UInt64
    var writer = SimulatedWriter()
    /// When what was applied is to be kept for the next start.
    var checkpoints: CheckpointPace
    var room: Room
    /// Entries that can't be read.
    var lost: [ClosedRange<LogIndex>] = []
    /// What is to be applied next can't be read.
    var awaitsRepair = false
    /// Why the process can't go on.
    var failure: String?

    init(world: World, machine: Machine, directory: DataDirectory) throws(StorageError) {
        self.world = world
        self.machine = machine
        self.directory = directory
        boot = machine.boot
        now = machine.clock.read(at: world.now)
        if let obstacle = directory.obstacle { throw obstacle }
        let summary = directory.log.summary
        let base = try directory.base.map { base throws(StorageError) in try Snapshot(base) }
        if let base { broker = try Broker(snapshot: base) }
        if let checkpoint = Self.checkpoint(in: directory) { broker = checkpoint }
        let applied = LogIndex(broker.appliedIndex)
        checkpoints = CheckpointPace(entriesMax: world.knobs.checkpointAfter)
        let restored = RestoredState(
            hardState: directory.hardState,
            cluster: world.cluster,
            membership: base?.membership ?? .empty,
            laterMemberships: try Self.memberships(in: directory.log),
            base: summary.base,
            baseChain: summary.baseChain,
            termRuns: summary.termRuns,
            lastIndex: summary.last.index,
            applied: applied,
            chains: try directory.log.chains(applied...summary.last.index)
        )
        node = RaftNode(
            identity: machine.identity,
            settings: world.settings,
            seed: world.seeds.value(.node, machine.number, machine.boot),
            restored: restored,
            now: now
        )
        applicable = restored.applied
        lastTrim = summary.base.index.rawValue
        nodeDeadline = now
        room = directory.room
        peerRequests = PeerRequests(machines: world.machines.count)
        clock.merge(max(broker.latestStamp, try Self.latestStamp(in: directory.log, after: applied)))
        keepLinks(to: node.peers)
    }

    /// What the membership entries of a log say.
    private static func memberships(in log: SegmentedLog) throws(StorageError) -> [MembershipVersion] {
        try log.summary.membershipIndexes.map { index throws(StorageError) in
            let payload = try log.entry(at: index).payload
            guard let decoded = try? MembershipCoding.decode(payload) else {
                preconditionFailure("entry \(index) holds no membership")
            }
            return MembershipVersion(index: index, membership: decoded.membership)
        }
    }

    func keepLinks(to members: [Membership.Member]) {
        peers = Dictionary(uniqueKeysWithValues: members.map { ($0.id, $0) })
    }

    /// Who judges what this process does.
    var oracle: Oracle { world.oracle(of: machine) }

    // MARK: Turns

    func receive(_ input: Input) {
        inbox.append(input)
        scheduleTurn()
    }

    private func scheduleTurn() {
        guard !isTurnDue else { return }
        isTurnDue = true
        let delay = machine.turnRandom.next(below: UInt64(world.knobs.turnMax) * 1000 + 1)
        world.schedule(.turn(machine: machine.number, boot: boot), in: .nanoseconds(Int64(delay)))
    }

    func wake() {
        wakeAt = nil
        if machine.clock.read(at: world.now) >= nextDeadline { turn() } else { scheduleWake() }
    }

    private var nextDeadline: Instant {
        (held + appliedWaiters).reduce(nodeDeadline) { min($0, $1.holdUntil) }
    }

    func scheduleWake() {
        let deadline = nextDeadline
        if let wakeAt, wakeAt <= deadline { return }
        wakeAt = deadline
        let time = machine.clock.worldTime(of: deadline, notBefore: world.now)
        world.agenda.add(.wake(machine: machine.number, boot: boot), at: time)
    }

    func turn() {
        isTurnDue = false
        now = machine.clock.read(at: world.now)
        if campaignsAtOnce {
            campaignsAtOnce = false
            step(.campaign)
        }
        var inputs: [Input] = []
        swap(&inputs, &inbox)
        for input in inputs { handle(input) }
        if now >= nodeDeadline { step(.deadline) }
        while let ready = node.takeReady() { obey(ready) }
        applyBacklog()
        keepCheckpointWhereDue()
        if machine.disk.isDead { return world.trapped(machine) }
        serveHeld()
        trimWhenDue()
        oracle.turnEnded(of: self)
        if let fault = node.fault { failure = failure ?? fault.description }
        if let failure { return world.exit(machine, because: failure) }
        if hasBacklog { scheduleTurn() } else { scheduleWake() }
    }

    func step(_ event: Event) {
        world.statistics.steps += 1
        let wasFollower = node.role == .follower
        node.step(event, now: now)
        world.follow(self)
        oracle.stepped(self)
        if wasFollower, node.role != .follower { oracle.campaigned(self) }
    }

    private func handle(_ input: Input) {
        switch input {
        case .request(let parcel): receive(parcel)
        case .reply(let reply, let sender, let epoch, let hlc, let boot):
            receive(reply, from: sender, epoch: epoch, hlc: hlc, boot: boot)
        case .otherEpoch(let epoch, let sender, let lane):
            step(.otherEpoch(epoch, from: sender))
            step(.undelivered(to: sender.id, lane: lane))
        case .removed(let sender, let lane):
            step(.removed(by: sender))
            step(.undelivered(to: sender.id, lane: lane))
        case .undelivered(let peer, let lane): step(.undelivered(to: peer, lane: lane))
        case .refused(let peer, let lane):
            step(.undelivered(to: peer, lane: lane))
            step(.refused(peer))
        case .connectionRefused(let peer): step(.refused(peer))
        case .call(let call): serve(call)
        case .transfer(let target): transfer(to: target)
        case .administration(let call): administer(call)
        case .promotion(let promotion): promote(promotion)
        case .persisted(let token): persisted(token)
        case .trimmed(let base): step(.trimmed(through: base.entry, chain: base.chain))
        case .room(let room): self.room = room
        case .health(let lost): receive(lost: lost)
        case .failed(let reason): failure = reason
        }
    }

    private func persisted(_ token: PersistToken) {
        lastPersisted = token
        adoptSnapshot()
        while let first = promises.first, first.token <= token {
            send(first.outbound, in: first.epoch)
            promises.removeFirst()
        }
        step(.persisted(token))
    }

    func noteHeard(_ hlc: HybridTimestamp) {
        let tooFarAhead = machine.clock.wallMilliseconds(at: world.now) + 500
        if hlc.timestamp.millisecondsSinceEpoch <= tooFarAhead { clock.merge(hlc) }
    }
}
