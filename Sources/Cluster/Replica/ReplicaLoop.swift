import DequeModule
import HTTPClient
import Logging
import Messaging
import Raft
import Storage

/// What the replica's thread does, and everything it alone may touch.
///
/// A turn: take what arrived, step the node with each thing, obey what it then asks for (`Ready`), apply what is
/// committed, answer. Nothing in a turn waits, so what a turn has checked stays true to its end.
struct ReplicaLoop {
    let configuration: ReplicaConfiguration
    let cluster: FormedCluster
    let identity: MemberIdentity
    let directory: DataDirectory
    let log: SegmentedLog
    let writer: LogWriter
    let client: HTTPClient
    let keeper: LogKeeper
    /// Nil where no view is kept.
    let view: ViewFeeder?
    let published: PublishedStatus
    let inbox: Inbox<ReplicaInput>
    let logger: Logger

    var node: RaftNode
    var broker = Broker()
    var clock = HybridClock()
    var links: [NodeID: PeerLink] = [:]
    var now = Clocks.monotonic()
    /// When the node wants `.deadline`.
    var nodeDeadline: Instant

    /// Promises that wait for the write they speak of, oldest first.
    var promises: Deque<(token: PersistToken, outbound: [Outbound], epoch: Epoch)> = []
    var lastHandedOut = PersistToken(0)
    var lastPersisted = PersistToken(0)

    /// Everything up to here may be applied.
    var applicable: LogIndex
    /// Of a primary's snapshot that is on its way to the disk.
    var installing: Installing?
    /// Settled by the node, waiting to be applied.
    var settling: Deque<Settlement> = []

    var clients = WaitingClients()
    var peerAnswers = PeerAnswers()
    var reachability = Reachability()
    var clockOffsets = ClockOffsets()
    /// Of this node's disk, as the log writer last saw it.
    var room: Room
    var health = LogHealth()
    /// What is to be applied next can't be read.
    var awaitsRepair = false
    /// When what was applied is to be kept for the next start.
    var checkpoints = CheckpointPace()
    var leaderContact: Instant?
    var lastLeader: NodeID?
    /// As it was last logged.
    var lastDifference: HistoryDifference?
    /// Why the node can't go on.
    var failure: String?

    /// How many entries a turn applies at most, so that a long replay delays no heartbeat.
    static let appliedPerTurnMax = 2048
    static let appliedBytesPerTurnMax = 4 << 20

    init(
        cluster: FormedCluster,
        configuration: ReplicaConfiguration,
        directory: DataDirectory,
        client: HTTPClient,
        keeper: LogKeeper,
        view: ViewFeeder?,
        published: PublishedStatus,
        inbox: Inbox<ReplicaInput>,
        logger: Logger
    ) throws {
        self.cluster = cluster
        self.configuration = configuration
        self.keeper = keeper
        self.view = view
        self.client = client
        self.published = published
        self.inbox = inbox
        self.logger = logger
        self.directory = directory
        log = directory.log
        room = directory.room
        health = published.status().health
        identity = MemberIdentity(id: configuration.id, incarnation: directory.identity.incarnation)
        let base = try Snapshot(directory: directory)
        if let base { broker = try Broker(base: base.state) }
        if let checkpoint = Self.checkpoint(in: directory) { broker = checkpoint }
        let restored = try RestoredState(
            directory: directory,
            cluster: cluster.cluster,
            base: base,
            applied: LogIndex(broker.appliedIndex),
            viewed: view?.position
        )
        node = RaftNode(
            identity: identity,
            settings: configuration.settings,
            seed: configuration.seed,
            restored: restored,
            now: now
        )
        applicable = restored.applied
        nodeDeadline = now
        writer = LogWriter(directory: directory) { inbox.send(.writerReport($0)) }
        clock.merge(max(broker.latestStamp, try Self.latestStamp(in: log, after: restored.applied)))
        keepLinks(to: node.peers)
    }

    /// Runs until told to stop, or until the node can't go on.
    ///
    /// - Returns: why it can't; nil when it was told to stop.
    mutating func run(early: [ReplicaInput]) -> String? {
        writer.start()
        view?.advance(to: LogIndex(broker.appliedIndex))
        if cluster.campaignsAtOnce { node.step(.campaign, now: now) }
        var inputs = early
        while true {
            now = Clocks.monotonic()
            var mustStop = false
            for input in inputs {
                if case .stop = input { mustStop = true } else { handle(input) }
                noteLeader(node.leader)
            }
            inputs.removeAll(keepingCapacity: true)
            if now >= nodeDeadline { node.step(.deadline, now: now) }
            while let ready = node.takeReady() { obey(ready) }
            noteLeader(node.leader)
            applyBacklog()
            serveWaiting()
            publish()
            clients.forgetPayloads(now: now)
            if let fault = node.fault { failure = failure ?? fault.description }
            if mustStop || failure != nil {
                abandonEverybody()
                // A disk that hangs would keep the thread, and this one with it: after a failure the process ends.
                if failure == nil {
                    writer.stop()
                    keepCheckpoint()
                }
                return failure
            }
            inbox.receive(
                into: &inputs,
                until: hasBacklog ? now : min(nodeDeadline, clients.nextDeadline ?? nodeDeadline)
            )
        }
    }

    private mutating func handle(_ input: ReplicaInput) {
        switch input {
        case .write(let write): propose(write)
        case .read(let read): ask(read)
        case .transfer(let target, let completion): transfer(to: target, completion)
        case .change(let change, let completion): changeMembership(change, completion)
        case .promote(let promotion, let completion): promote(promotion, completion)
        case .whenApplied(let waiter): clients.applied.append(waiter)
        case .awaitPrimary(let waiter): clients.primary.append(waiter)
        case .peerRequest(let request): receive(request)
        case .peerReport(let report): receive(report)
        case .connectionRefused(let peer): noteRefused(peer)
        case .writerReport(let report): receive(report)
        case .keeperReport(let report): receive(report)
        case .formed, .formationProblems, .stop: break
        }
    }

    private mutating func receive(_ report: LogWriter.Report) {
        switch report {
        case .persisted(let token):
            lastPersisted = token
            adoptSnapshot()
            while let first = promises.first, first.token <= token {
                send(first.outbound, in: first.epoch)
                promises.removeFirst()
            }
            node.step(.persisted(token), now: now)
        case .room(let room):
            if self.room.acceptsProposals, !room.acceptsProposals {
                logger.error("the disk is full: client writes are refused until there is room")
            } else if !self.room.acceptsProposals, room.acceptsProposals {
                logger.notice("the disk has room again: client writes are taken")
            }
            self.room = room
        case .failed(let reason):
            failure = reason
        }
    }
}
