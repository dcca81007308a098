import Dispatch
import Glibc
import HTTPClient
import Logging
import Raft
import Storage
import Synchronization
import Threads

/// Makes one cluster of nodes that have never been in one.
///
/// The first voter listed asks all members; once each has answered that it belongs to no cluster and has the same list,
/// it draws the cluster's id, writes the founding down on its own disk, and only then tells the others. From then on
/// every member tells every other one until each has written it down too, again after every start. So the founding
/// survives any crash, and a node that has lost its disk is never founded a second time: its incarnation is not the one
/// that was written down.
final class Formation: Sendable {
    let configuration: ReplicaConfiguration
    /// This node's name and incarnation.
    let own: MemberIdentity
    /// Answers that may wait for the disk are made here, away from the loop that serves peers.
    let answers = DispatchQueue(label: "tandem.formation-answers")

    let directory: DataDirectory
    private let peers: FormationPeers
    let joining: Joining?
    let logger: Logger
    private let inbox: Inbox<ReplicaInput>
    /// The id of the cluster this node founds, if it does: the same in every attempt.
    private let clusterToFound = ClusterID(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
    /// What the data directory had recorded at the start.
    private let recorded: Result<Founding?, any Error>
    private let found: Mutex<Founding?>
    /// The cluster that speaks to this node as to a member, though it was not taken in.
    let speaking = Mutex<ClusterID?>(nil)
    private let hasJoined = Atomic(false)
    private let isStopping = Atomic(false)
    private let thread = WorkerThread(name: "formation")

    private static let retryDelay = Duration.milliseconds(100)
    private static let retryDelayMax = Duration.seconds(2)

    init(
        configuration: ReplicaConfiguration,
        directory: DataDirectory,
        client: HTTPClient,
        logger: Logger,
        inbox: Inbox<ReplicaInput>
    ) {
        self.configuration = configuration
        self.directory = directory
        self.logger = logger
        self.inbox = inbox
        peers = FormationPeers(configuration: configuration, client: client)
        let own = MemberIdentity(id: configuration.id, incarnation: directory.identity.incarnation)
        self.own = own
        joining = configuration.joining.map { wish in
            Joining(wish: wish, own: own, url: configuration.url, client: client)
        }
        // Known before the first request is served: a formed node never answers as if it were not.
        recorded = Result { try Founding(recordedIn: directory) }
        found = Mutex((try? recorded.get()) ?? nil)
    }

    /// This node as its peers address it; nil while it belongs to no cluster.
    var identity: PeerRequest.Receiver? {
        found.withLock { $0.map { PeerRequest.Receiver(cluster: $0.cluster, member: own) } }
    }

    func start() {
        thread.start { [self] in run() }
    }

    func stop() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        thread.join()
    }

    /// The first voter listed founds the cluster.
    var isFounder: Bool {
        configuration.members.first { $0.kind == .voter }?.id == configuration.id
    }

    var mustStop: Bool { isStopping.load(ordering: .sequentiallyConsistent) }

    private func run() {
        do {
            if let founding = try recorded.get() { try join(founding, campaignsAtOnce: false) }
            while identity == nil, !mustStop {
                do {
                    if joining != nil {
                        try askToBeTakenIn()
                    } else if isFounder {
                        try tryToFound()
                    } else {
                        lookForCluster()
                    }
                } catch let error as StorageError where error.code == .diskFull {
                    report(.diskFull(error.description))
                }
                if identity == nil { pause(Self.retryDelay) }
            }
            if joining != nil { try becomeWhatIsWished() } else { spread() }
        } catch {
            inbox.send(.writerReport(.failed("the cluster can't be formed: \(error)")))
        }
    }

    private func tryToFound() throws {
        var members = [Membership.Member(own: configuration, incarnation: own.incarnation)]
        var missing: [String] = []
        for peer in peers.others {
            switch peers.ask(peer, founded: nil) {
            case .success(let reply):
                if let cluster = reply.cluster {
                    return report(.clusterExists(peer: peer.id, cluster: cluster))
                }
                guard reply.sameList else { return report(.differentLists(peer: peer.id)) }
                guard reply.id == peer.id.rawValue, let incarnation = UInt64(reply.incarnation, radix: 16),
                    !members.contains(where: { $0.incarnation.rawValue == incarnation })
                else { return report(.anotherNode(url: peer.url, listed: peer.id, found: reply.id)) }
                members.append(
                    Membership.Member(
                        id: peer.id,
                        kind: peer.kind,
                        incarnation: Incarnation(incarnation),
                        url: peer.url
                    )
                )
            case .failure(let reason):
                missing.append("\(peer.id) (\(reason.message))")
            }
        }
        guard missing.isEmpty else { return report(.waitingFor(missing)) }
        let founding = Founding(cluster: clusterToFound, membership: Membership(members))
        try founding.record(in: directory)
        logger.notice("formed a cluster", metadata: ["cluster": "\(founding.cluster)"])
        for peer in peers.others where !mustStop { _ = peers.ask(peer, founded: founding) }
        try join(founding, campaignsAtOnce: true)
    }

    /// One of the others waits to be told; a node that lost its disk learns here that it won't be.
    private func lookForCluster() {
        for peer in peers.others where !mustStop {
            if case .success(let reply) = peers.ask(peer, founded: nil), let cluster = reply.cluster {
                return report(.clusterExists(peer: peer.id, cluster: cluster))
            }
        }
        report(.waitingToBeTold)
    }

    /// Tells every member until each has written the founding down.
    private func spread() {
        guard let founding = found.withLock({ $0 }) else { return }
        var untold = peers.others
        var delay = Self.retryDelay
        while !untold.isEmpty, !mustStop {
            untold.removeAll { peer in !mustStop && hasBeenTold(peer, founding) }
            if !untold.isEmpty { pause(delay) }
            delay = min(delay * 2, Self.retryDelayMax)
        }
    }

    private func hasBeenTold(_ peer: ListedMember, _ founding: Founding) -> Bool {
        guard case .success(let reply) = peers.ask(peer, founded: founding) else { return false }
        if reply.cluster == founding.cluster.description { return true }
        let founded = founding.membership[peer.id].map { $0.incarnation.rawValue.hexadecimal }
        // The very member may still be unable to write; any other node never takes its place.
        if reply.cluster == nil, reply.incarnation == founded { return false }
        logger.warning(
            "this address is not the member that the cluster was formed with",
            metadata: ["peer": "\(peer.id)", "url": "\(peer.url)", "itsCluster": "\(reply.cluster ?? "none")"]
        )
        return true
    }

    /// Writes the founding down and lets the replica begin.
    func accept(_ founding: Founding) throws {
        try founding.record(in: directory)
        try join(founding, campaignsAtOnce: false)
    }

    private func join(_ founding: Founding, campaignsAtOnce: Bool) throws {
        try founding.startLog(in: directory)
        found.withLock { $0 = founding }
        guard !hasJoined.exchange(true, ordering: .sequentiallyConsistent) else { return }
        founding.warnOfDifferences(from: configuration.members, logger: logger)
        inbox.send(.formed(FormedCluster(cluster: founding.cluster, campaignsAtOnce: campaignsAtOnce)))
    }

    func report(_ obstacle: FormationObstacle) {
        if identity == nil { inbox.send(.formationProblems([obstacle.problem])) }
    }

    /// Waits in small steps, so that stopping takes no longer than one of them.
    func pause(_ duration: Duration) {
        let end = Clocks.monotonic() + duration
        while Clocks.monotonic() < end, !mustStop { usleep(20_000) }
    }
}
