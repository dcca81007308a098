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
        var to: NodeID
        var body: Body
    }

    struct Machine {
        let identity: MemberIdentity
        /// Nil while the process is down.
        var node: RaftNode?
        var disk: Disk
        var unsynced: [Persist] = []
        var promises: [(after: PersistToken, outbound: Outbound)] = []
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
        var record: [Ready] = []
    }

    let membership: Membership
    let settings: Settings
    let seed: UInt64
    var now: Instant = .zero
    var machines: [Machine] = []
    var packets: [Packet] = []
    var checker = Checker()
    /// Directed links that lose everything, as (from, to).
    var cuts: [(NodeID, NodeID)] = []
    /// Whether the sender learns of a lost packet.
    var reportsLosses = true
    var keepsRecord = false
    /// Most entries the shell reads from its log for one append.
    var logReadMax = 64
    private var starts: UInt64 = 0
    private var nextToken: UInt64 = 0
    private var nextTicket: UInt64 = 0

    init(
        voters: [NodeID] = ["a", "b", "c"],
        learners: [NodeID] = [],
        witnesses: [NodeID] = [],
        logs: [NodeID: [UInt64]] = [:],
        settings: Settings = Settings(),
        seed: UInt64 = 1
    ) {
        membership = Fixture.membership(voters: voters, learners: learners, witnesses: witnesses)
        self.settings = settings
        self.seed = seed
        for member in membership.members {
            let log = logs[member.id].map { Fixture.entries(terms: $0) } ?? [Fixture.firstEntry(membership)]
            let disk = Disk(hardState: HardState(term: log.last?.term ?? 1, vote: nil), log: log)
            machines.append(Machine(identity: Fixture.identity(member.id), disk: disk))
        }
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
        let restored = disk.restored(membership, applied: checkpoint)
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
        checker.stored(machine.disk.log)
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
        for promise in due { send(promise.outbound, from: id) }
        step(id, .persisted(last))
    }

    // MARK: Obeying

    private mutating func drain(_ id: NodeID) {
        let place = place(id)
        while let ready = machines[place].node?.takeReady() {
            if keepsRecord { machines[place].record.append(ready) }
            obey(ready, at: id)
        }
        if let fault = machines[place].node?.fault { checker.violation("fault at \(fault)") }
        noteRole(of: id)
        if machines[place].syncsAtOnce, !machines[place].unsynced.isEmpty { sync(id) }
    }

    private mutating func obey(_ ready: Ready, at id: NodeID) {
        let place = place(id)
        for outbound in ready.announcements { send(outbound, from: id) }
        if let persist = ready.persist {
            if persist.token.rawValue != machines[place].lastToken.rawValue + 1 {
                checker.violation("\(id) skips from write \(machines[place].lastToken) to \(persist.token)")
            }
            machines[place].lastToken = persist.token
            machines[place].unsynced.append(persist)
            if let snapshot = persist.install { machines[place].applied = snapshot.last.index }
        }
        for outbound in ready.promises {
            if machines[place].unsynced.isEmpty {
                send(outbound, from: id)
            } else {
                machines[place].promises.append((machines[place].lastToken, outbound))
            }
        }
        if let range = ready.committed { apply(range, at: id) }
        for settlement in ready.settled {
            checker.settled(settlement, at: id)
            checkCopies(settlement, at: id)
            machines[place].settled.append(settlement)
        }
        for token in ready.dropped { machines[place].openTokens.remove(token.rawValue) }
        machines[place].dropped += ready.dropped
        machines[place].deadline = ready.deadline
    }

    private mutating func apply(_ range: ClosedRange<LogIndex>, at id: NodeID) {
        let machine = self[id]
        if range.lowerBound != machine.applied.next {
            checker.violation("\(id) is to apply \(range) after \(machine.applied)")
        }
        let entries = machine.disk.entries(range)
        if entries.count != range.count { checker.violation("\(id) is to apply \(range), not all on its disk") }
        if let fromMemory = machine.node?.entries(in: range), fromMemory != entries {
            checker.violation("\(id) remembers other entries in \(range) than it wrote")
        }
        let disks = machines.filter { membership[$0.identity.id]?.kind != .learner }.map(\.disk)
        checker.committed(
            entries,
            at: id,
            copiesOnDisk: { entry in disks.count { $0.holds(entry) } },
            quorum: membership.quorum
        )
        self[id].applied = range.upperBound
    }

    /// What a client is told about copies is true: so many voters have it on disk, and a witness is none.
    private mutating func checkCopies(_ settlement: Settlement, at id: NodeID) {
        guard case .committed(_, let indexes, let copies) = settlement,
            let entry = self[id].disk.entry(indexes.upperBound)
        else { return }
        let holders = machines.count { membership[$0.identity.id]?.kind == .voter && $0.disk.holds(entry.id) }
        if holders < copies { checker.violation("\(id) says \(copies) copies of \(entry.id), there are \(holders)") }
    }

    private mutating func noteRole(of id: NodeID) {
        guard let node = self[id].node, node.fault == nil else { return }
        let status = node.status
        if status.role == .leader {
            checker.sawLeader(id, in: status.term)
            if self[id].role != .leader {
                let disk = self[id].disk
                let unsynced = self[id].unsynced.flatMap(\.entries)
                checker.elected(id) { entry in disk.holds(entry) || unsynced.contains { $0.id == entry } }
            }
        }
        self[id].role = status.role
    }

    private mutating func send(_ outbound: Outbound, from id: NodeID) {
        switch outbound {
        case .request(let request, let peer):
            packets.append(Packet(from: id, to: peer, body: .request(request)))
        case .reply(let reply, let peer, let token):
            if self[id].openTokens.remove(token.rawValue) == nil {
                checker.violation("\(id) answers request \(token.rawValue) twice, or answers what nobody asked")
            }
            packets.append(Packet(from: id, to: peer, body: .reply(reply, reply.lane)))
        case .requestFromBase(let term, let peer):
            let disk = self[id].disk
            let snapshot = Snapshot(last: disk.base, chain: disk.baseChain, membership: membership, state: [])
            let request = InstallSnapshot(term: term, snapshot: snapshot)
            packets.append(Packet(from: id, to: peer, body: .request(.installSnapshot(request))))
        case .requestFromLog(var append, let from, let through, let peer):
            let entries = read(from: from, through: through, at: id)
            let isWitness = membership[peer]?.kind == .witness
            append.entries = isWitness ? entries.map(\.withoutPayload) : entries
            packets.append(Packet(from: id, to: peer, body: .request(.appendEntries(append))))
        }
    }

    private mutating func read(from: LogIndex, through: LogIndex, at id: NodeID) -> [Entry] {
        let disk = self[id].disk
        var entries: [Entry] = []
        for entry in disk.entries(from...through) {
            if entries.count >= logReadMax, entries.last?.continues == false { break }
            entries.append(entry)
        }
        if entries.isEmpty { checker.violation("\(id) is to read \(from)...\(through), which it does not have") }
        return entries
    }

    // MARK: Packets

    func isCut(_ from: NodeID, _ to: NodeID) -> Bool { cuts.contains { $0 == (from, to) } }

    mutating func deliver(at place: Int) {
        let packet = packets.remove(at: place)
        deliver(packet)
    }

    mutating func deliver(_ packet: Packet) {
        guard self[packet.to].node != nil, !isCut(packet.from, packet.to) else { return lose(packet) }
        switch packet.body {
        case .request(let request):
            nextToken += 1
            self[packet.to].openTokens.insert(nextToken)
            step(
                packet.to,
                .request(request, from: self[packet.from].identity, token: ReplyToken(nextToken))
            )
        case .reply(let reply, _):
            step(packet.to, .reply(reply, from: self[packet.from].identity))
        }
    }

    mutating func lose(_ packet: Packet) {
        guard reportsLosses else { return }
        switch packet.body {
        case .request(let request):
            // A machine that is up but whose process is down refuses.
            if self[packet.to].node == nil { step(packet.from, .refused(packet.to)) }
            step(packet.from, .undelivered(to: packet.to, lane: request.lane))
        case .reply(_, let lane):
            step(packet.to, .undelivered(to: packet.from, lane: lane))
        }
    }

    // MARK: Time

    /// Delivers until nothing is on its way.
    mutating func settle() {
        var count = 0
        while !packets.isEmpty {
            deliver(at: 0)
            count += 1
            precondition(count < 1_000_000, "the cluster never comes to rest")
        }
    }

    /// Lets time pass: packets take none, disks take none, deadlines come when they are due.
    mutating func run(for duration: Duration) {
        let end = now + duration
        settle()
        while let next = upNodes.min(by: { self[$0].deadline < self[$1].deadline }), self[next].deadline <= end {
            now = max(now, self[next].deadline)
            step(next, .deadline)
            settle()
        }
        now = end
    }

    /// Runs until there is a leader, and gives it.
    mutating func runUntilLeader(limit: Duration = .seconds(5)) -> NodeID? {
        let end = now + limit
        while now < end {
            if let leader, status(leader).isLeaderReady { return leader }
            run(for: .milliseconds(5))
        }
        return nil
    }

    /// Makes a leader of `id`, with everything delivered.
    mutating func elect(_ id: NodeID) {
        step(id, .campaign)
        settle()
        run(for: .milliseconds(60))
    }

    // MARK: Clients

    mutating func propose(at id: NodeID, entries: Int = 1, bytes: Int = 0, copies: Int = 1) -> Ticket {
        nextTicket += 1
        let ticket = Ticket(nextTicket)
        let payloads = (0..<entries).map { Payload.make(ticket, place: $0, bytes: bytes) }
        step(id, .propose(Proposal(ticket: ticket, payloads: payloads, copies: copies)))
        return ticket
    }

    mutating func read(at id: NodeID) -> Ticket {
        nextTicket += 1
        let ticket = Ticket(nextTicket)
        checker.asked(ticket)
        step(id, .read(ticket))
        return ticket
    }

    mutating func transfer(at id: NodeID, to target: NodeID? = nil) -> Ticket {
        nextTicket += 1
        step(id, .transferLeadership(Ticket(nextTicket), to: target))
        return Ticket(nextTicket)
    }

    func outcome(_ ticket: Ticket) -> Settlement? { checker.outcome(of: ticket) }

    mutating func isolate(_ id: NodeID) {
        for other in membership.members where other.id != id {
            cuts.append((id, other.id))
            cuts.append((other.id, id))
        }
    }
}

extension RPCReply {
    var lane: RPCRequest.Lane {
        switch self {
        case .appendEntries, .installSnapshot: .append
        case .requestVote, .heartbeat, .timeoutNow, .readIndex: .control
        }
    }
}
