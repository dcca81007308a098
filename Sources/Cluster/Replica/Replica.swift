import Dispatch
package import HTTPClient
package import Logging
package import Raft
package import Storage
package import StorageView
import Synchronization
import Threads

/// The shell around one `RaftNode`: gives it events and the time, and does what it asks for.
///
/// One thread owns the node; a second one writes the log; peers and clients reach them through an inbox and never wait
/// inside a call.
package final class Replica: Sendable {
    private let configuration: ReplicaConfiguration
    private let directory: DataDirectory
    private let client: HTTPClient
    private let view: ViewFeeder?
    let formation: Formation
    private let keeper: LogKeeper
    private let copies: CopyAnswers
    private let logger: Logger
    private let onFailure: @Sendable (String) -> Void
    private let inbox = Inbox<ReplicaInput>()
    private let published: PublishedStatus
    private let thread = WorkerThread(name: "replica")

    /// Reads messages for clients.
    package let reader: MessageReader

    /// - Parameters:
    ///   - directory: open, and used by nobody else.
    ///   - view: nil on a witness, which has no messages to be found.
    ///   - client: carries the RPCs to peers.
    ///   - onFailure: the node can't go on, for the reason given; the process should end. Called at most once.
    package init(
        configuration: ReplicaConfiguration,
        directory: DataDirectory,
        view: MessageView?,
        client: HTTPClient,
        logger: Logger,
        onFailure: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.directory = directory
        self.client = client
        self.logger = logger
        self.onFailure = onFailure
        self.view = view.map { ViewFeeder(log: directory.log, view: $0, logger: logger) }
        let keeper = LogKeeper(
            configuration: configuration,
            directory: directory,
            client: client,
            logger: logger,
            report: { [inbox] in inbox.send(.keeperReport($0)) }
        )
        self.keeper = keeper
        reader = MessageReader(
            log: directory.log,
            view: view,
            threadsMax: configuration.readersMax,
            waitingMax: configuration.waitingReadsMax,
            onDamage: { keeper.noteDamage() }
        )
        published = PublishedStatus(
            configuration: configuration,
            kind: configuration.ownKind(in: directory),
            incarnation: directory.identity.incarnation
        )
        formation = Formation(
            configuration: configuration,
            directory: directory,
            client: client,
            logger: logger,
            inbox: inbox
        )
        copies = CopyAnswers(directory: directory, own: formation.own, published: published, logger: logger)
    }

    /// Starts the threads. A node that belongs to a cluster already goes on in it; another waits until one is formed.
    package func start() {
        thread.start { [self] in run() }
        formation.start()
    }

    /// Ends the threads. Client requests still waiting are answered `.stopping`.
    package func stop() {
        formation.stop()
        inbox.send(.stop)
        thread.join()
        keeper.stop()
    }

    private func run() {
        var early = EarlyInputs(published: published, heldMax: configuration.heldMax)
        let cluster: FormedCluster
        switch early.waitForCluster(inbox) {
        case .formed(let formed): cluster = formed
        case .failed(let reason): return onFailure(reason)
        case .whole, .stopped: return
        }
        keeper.start(cluster: cluster.cluster)
        if !directory.log.damage.lostRanges.isEmpty {
            switch early.waitForRepair(of: cluster.cluster, inbox) {
            case .whole: break
            case .failed(let reason): return onFailure(reason)
            case .formed, .stopped: return
            }
        }
        do {
            view?.start()
            defer { view?.stop() }
            var loop = try ReplicaLoop(
                cluster: cluster,
                configuration: configuration,
                directory: directory,
                client: client,
                keeper: keeper,
                view: view,
                published: published,
                inbox: inbox,
                logger: logger
            )
            if let failure = loop.run(early: early.takeHeld()) { onFailure(failure) }
        } catch {
            onFailure("the replica can't start: \(error)")
        }
    }

    /// What this node knows of itself and its cluster. At once, from any thread.
    package var status: ReplicaStatus { published.status() }

    /// The same with what is measured for it, which takes some ten microseconds: the kernel's clock, the disk's speed.
    package func measuredStatus() -> ReplicaStatus { published.measuredStatus(directory: directory) }
}

// What clients ask.
extension Replica {
    /// Proposes messages, all or none; they get contiguous ids.
    ///
    /// - Parameters:
    ///   - payloads: one `Command.unstampedPayload` a message; at least one.
    ///   - copies: wait until this many voters have it on disk; a majority have in any case.
    ///   - hold: how long to wait for a primary where none is known.
    ///   - completion: called at most once, on the replica's thread: hand the work on. Not called where a primary lost
    ///     its office after proposing and the outcome stays unknown: have a deadline.
    package func propose(
        _ payloads: [[UInt8]],
        copies: Int,
        hold: Duration,
        completion: @escaping @Sendable (WriteOutcome) -> Void
    ) {
        precondition(!payloads.isEmpty, "a write without messages")
        inbox.send(
            .write(
                ClientWrite(
                    payloads: payloads,
                    copies: copies,
                    holdUntil: Clocks.monotonic() + hold,
                    completion: completion
                )
            )
        )
    }

    /// Asks how far a read must see to include everything acknowledged before now, and waits until this node has it.
    package func read(hold: Duration, completion: @escaping @Sendable (ReadOutcome) -> Void) {
        inbox.send(.read(ClientRead(holdUntil: Clocks.monotonic() + hold, completion: completion)))
    }

    /// Hands the primary's office over, if this node has it: to this voter, or to whichever lacks least. Takes a few
    /// election timeouts at most; meanwhile writes are held.
    package func transferLeadership(
        to target: NodeID?,
        completion: @escaping @Sendable (TransferOutcome) -> Void
    ) {
        inbox.send(.transfer(to: target, completion: completion))
    }

    /// Changes who belongs to the cluster, if this node is the primary.
    ///
    /// - Parameter completion: as with `propose`, not called where the primary lost its office meanwhile and the
    ///   outcome stays unknown.
    package func changeMembership(
        _ change: MembershipChange,
        completion: @escaping @Sendable (MembershipOutcome) -> Void
    ) {
        inbox.send(.change(change, completion: completion))
    }

    /// Lets this node go on alone, where no primary is known.
    ///
    /// - Parameters:
    ///   - epoch: the one that the operator saw.
    ///   - acceptsLoss: also where it may lack messages that others acknowledged.
    ///   - completion: not called where the disk does not answer.
    package func promote(
        in epoch: UInt64,
        acceptsLoss: Bool,
        completion: @escaping @Sendable (PromotionOutcome) -> Void
    ) {
        let promotion = Promotion(epoch: epoch, id: .random(in: 1 ... .max), acceptsLoss: acceptsLoss)
        inbox.send(.promote(promotion, completion: completion))
    }

    /// Calls back with true once `index` is applied here, with false when the time is over.
    package func whenApplied(
        _ index: UInt64,
        within time: Duration,
        completion: @escaping @Sendable (Bool) -> Void
    ) {
        inbox.send(
            .whenApplied(AppliedWaiter(index: index, until: Clocks.monotonic() + time, completion: completion))
        )
    }

    /// Calls back with a primary other than `former` once one is known, with nil when the time is over.
    package func awaitPrimary(
        otherThan former: NodeID?,
        within time: Duration,
        completion: @escaping @Sendable (Primary?) -> Void
    ) {
        inbox.send(
            .awaitPrimary(PrimaryWaiter(former: former, until: Clocks.monotonic() + time, completion: completion))
        )
    }
}

// What peers ask, and what is seen of them.
extension Replica {
    /// Answers an internal request; `respond` is called exactly once, from any thread.
    ///
    /// - Parameter digest: the request's field `Content-Digest`.
    package func handlePeerRequest(
        path: String,
        body: [UInt8],
        digest: String?,
        respond: @escaping @Sendable (PeerResponse) -> Void
    ) {
        if let reason = ContentDigest.mismatch(of: body, with: digest) { return respond(.malformed(reason)) }
        if path == PeerPath.form { return formation.answer(body, respond: respond) }
        let received = Clocks.wallMicroseconds()
        guard let identity = formation.identity else { return respond(formation.answerAsNewcomer(body)) }
        if path == PeerPath.repair { return copies.answer(body, receiver: identity, respond: respond) }
        switch PeerRequest.decode(path: path, body: body, receiver: identity, received: received, respond: respond) {
        case .success(let request): inbox.send(.peerRequest(request))
        case .failure(let refusal): respond(refusal.response)
        }
    }

    /// A connection from or to this peer ended. If it leads, and its machine says that nobody listens any more, an
    /// election starts at once instead of after a timeout.
    package func connectionEnded(with peer: NodeID) {
        guard let leader = published.leader, leader.id == peer else { return }
        DispatchQueue.global().async { [self] in
            if PortProbe.probe(url: leader.url, timeout: configuration.settings.electionTimeout) == .refused {
                connectionRefused(by: peer)
            }
        }
    }

    /// The machine of this peer said that nobody listens.
    package func connectionRefused(by peer: NodeID) {
        inbox.send(.connectionRefused(peer))
    }
}
