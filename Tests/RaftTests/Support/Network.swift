import Raft

/// A cluster in one value: nodes, their disks, and the packets between them. Nothing happens unless a test asks for it,
/// and everything that happens is checked.
struct Network {
    struct Packet {
        enum Body {
            case request(RPCRequest)
            case reply(RPCReply, RPCRequest.Lane)
        }

        var from: NodeID
        /// The sender's, when it sent.
        var incarnation: Incarnation
        var epoch: Epoch
        var to: NodeID
        /// Whom a request is meant for, as its sender knows the member.
        var receiver: Incarnation?
        var body: Body
    }

    struct Machine {
        var identity: MemberIdentity
        /// Nil while the process is down.
        var node: RaftNode?
        var disk: Disk
        var unsynced: [Persist] = []
        var promises: [(after: PersistToken, outbound: Outbound, epoch: Epoch)] = []
        var lastToken = PersistToken(0)
        var deadline: Instant = .zero
        /// Applied since the last start, and up to where.
        var applied: LogIndex = .zero
        var settled: [Settlement] = []
        var dropped: [ReplyToken] = []
        /// Whether writes reach the disk as soon as they are asked for.
        var syncsAtOnce = true
        var role = RaftElection.Role.follower
        var openTokens: Set<UInt64> = []
        /// Whom it was told that it may have to send to.
        var peers: [Membership.Member] = []
        var record: [Ready] = []
    }

    let founders: Membership
    let settings: Settings
    let seed: UInt64
    var now: Instant = .zero
    var machines: [Machine] = []
    var packets: [Packet] = []
    var checker = Checker()
    /// Every membership that any node ever had in its log.
    var memberships: [EntryID: Membership] = [:]
    /// Directed links that lose everything, as (from, to).
    var cuts: [(NodeID, NodeID)] = []
    /// Whether the sender learns of a lost packet.
    var reportsLosses = true
    var keepsRecord = false
    /// Whether a disk was tampered with.
    private(set) var historiesMayDiffer = false
    /// Most entries the shell reads from its log for one append.
    var logReadMax = 64
    private var starts: UInt64 = 0
    var nextToken: UInt64 = 0
    var nextTicket: UInt64 = 0

    init(
        voters: [NodeID] = ["a", "b", "c"],
        learners: [NodeID] = [],
        witnesses: [NodeID] = [],
        spares: [NodeID] = [],
        logs: [NodeID: [UInt64]] = [:],
        settings: Settings = Settings(),
        seed: UInt64 = 1
    ) {
        founders = Fixture.membership(voters: voters, learners: learners, witnesses: witnesses)
        self.settings = settings
        self.seed = seed
        for member in founders.members {
            let log = logs[member.id].map { Fixture.entries(terms: $0) } ?? [Fixture.firstEntry(founders)]
            let disk = Disk(
                hardState: HardState(term: log.last?.term ?? 1, vote: nil),
                log: log,
                membership: logs[member.id] == nil ? .empty : founders
            )
            machines.append(Machine(identity: Fixture.identity(member.id), disk: disk))
            noteMemberships(log)
        }
        for id in spares { machines.append(Machine(identity: Fixture.identity(id), disk: .empty)) }
        for machine in machines { start(machine.identity.id) }
    }

    // MARK: Looking

    subscript(id: NodeID) -> Machine {
        get { machines[place(id)] }
        set { machines[place(id)] = newValue }
    }

    func place(_ id: NodeID) -> Int {
        guard let place = machines.firstIndex(where: { $0.identity.id == id }) else {
            preconditionFailure("no machine \(id)")
        }
        return place
    }

    func status(_ id: NodeID) -> Status {
        guard let node = self[id].node else { preconditionFailure("\(id) is down") }
        return node.status
    }

    /// Who belongs to the cluster, as far as that is committed.
    var membership: Membership {
        checker.committed.last { $0.kind == .membership }.flatMap { Fixture.version($0)?.membership } ?? founders
    }

    /// A machine as a member of this kind.
    func member(_ id: NodeID, _ kind: Membership.Member.Kind) -> Membership.Member {
        Membership.Member(id: id, kind: kind, incarnation: self[id].identity.incarnation, url: "http://\(id)")
    }

    var upNodes: [NodeID] { machines.filter { $0.node != nil }.map(\.identity.id) }

    /// The leader of the highest term.
    var leader: NodeID? {
        upNodes.filter { status($0).role == .leader }.max { status($0).term < status($1).term }
    }

    // MARK: Machines

    mutating func start(_ id: NodeID, checkpoint: LogIndex = .zero) {
        starts += 1
        let disk = self[id].disk
        precondition(checkpoint <= disk.lastIndex, "a checkpoint above the log")
        let restored = disk.restored(applied: checkpoint)
        self[id].applied = restored.applied
        self[id].role = .follower
        self[id].lastToken = PersistToken(0)
        self[id].node = RaftNode(
            identity: self[id].identity,
            settings: settings,
            seed: seed &* 1_000_003 &+ starts,
            restored: restored,
            now: now
        )
        self[id].peers = self[id].node?.peers ?? []
        drain(id)
    }

    /// The process dies. Of what was not synced, `kept` writes are on disk all the same, and `entries` of the next.
    mutating func crash(_ id: NodeID, keepingWrites kept: Int = 0, entries: Int? = nil) {
        var machine = self[id]
        for persist in machine.unsynced.prefix(kept) { machine.disk.write(persist) }
        if let entries, kept < machine.unsynced.count {
            machine.disk.write(machine.unsynced[kept], parts: entries == 0 ? 1 : 2, entries: entries)
        }
        machine.unsynced = []
        machine.promises = []
        machine.openTokens = []
        machine.node = nil
        self[id] = machine
        if !historiesMayDiffer { checker.stored(machine.disk.log) }
    }

    /// The entries of a machine that is down, from `index` up, become others of the same ids, in a chain of their own:
    /// nothing on its disk tells.
    mutating func rewrite(_ id: NodeID, from index: LogIndex) {
        precondition(self[id].node == nil, "\(id) is up")
        historiesMayDiffer = true
        self[id].disk.rewrite(from: index)
    }

    /// A machine that is down gets an empty disk. From now on it is another member.
    mutating func wipe(_ id: NodeID) {
        precondition(self[id].node == nil, "\(id) is up")
        self[id].identity.incarnation = Incarnation(self[id].identity.incarnation.rawValue + 1000)
        self[id].disk = .empty
        self[id].applied = .zero
        packets.removeAll { packet in
            if case .reply = packet.body { packet.to == id } else { false }
        }
    }

    mutating func step(_ id: NodeID, _ event: Event) {
        let place = place(id)
        guard machines[place].node != nil else { return }
        machines[place].node?.step(event, now: now)
        drain(id)
    }

    /// Everything written so far is on disk.
    mutating func sync(_ id: NodeID) {
        let place = place(id)
        guard machines[place].node != nil, let last = machines[place].unsynced.last?.token else { return }
        for persist in machines[place].unsynced {
            machines[place].disk.write(persist)
            checker.stored(persist.entries)
        }
        machines[place].unsynced = []
        let due = machines[place].promises.filter { $0.after <= last }
        machines[place].promises.removeAll { $0.after <= last }
        // Whoever they are for may have been removed meanwhile: a shell drops them then.
        for promise in due where mayStillSend(promise.outbound, from: id) {
            send(promise.outbound, from: id, in: promise.epoch)
        }
        step(id, .persisted(last))
    }
}
