import Glibc
import HTTPClient
import Logging
import Raft
import Storage
import Synchronization

/// Makes one cluster of nodes that have never been in one.
///
/// The first voter listed asks all members; once each has answered that it belongs to no cluster and has the same list,
/// it draws the cluster's id, writes the founding down on its own disk, and only then tells the others, again at every
/// start, until each has written it down too. So the founding survives any crash, and a node that has lost its disk is
/// never founded a second time: its incarnation is not the one that was written down.
final class Formation: Sendable {
    private let configuration: ReplicaConfiguration
    private let directory: DataDirectory
    private let peers: FormationPeers
    private let logger: Logger
    private let inbox: Inbox<ReplicaInput>
    private let found = Mutex<Founding?>(nil)
    private let isStopping = Atomic(false)
    private let thread = WorkerThread(name: "formation")

    private static let retryDelayMilliseconds: UInt32 = 100

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
    }

    /// This node as its peers address it; nil while it belongs to no cluster.
    var identity: PeerRequest.Receiver? {
        found.withLock { $0.map { PeerRequest.Receiver(cluster: $0.cluster, id: configuration.id) } }
    }

    func start() {
        thread.start { [self] in run() }
    }

    func stop() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        thread.join()
    }

    private var mustStop: Bool { isStopping.load(ordering: .sequentiallyConsistent) }

    private func run() {
        do {
            if let founding = try Founding(recordedIn: directory) {
                try join(founding, campaignsAtOnce: false)
            }
            while identity == nil, !mustStop {
                if isFounder { try tryToFound() } else { try lookForCluster() }
                if identity == nil { usleep(Self.retryDelayMilliseconds * 1000) }
            }
            if isFounder { spread() }
        } catch {
            inbox.send(.writerReport(.failed("the cluster can't be formed: \(error)")))
        }
    }

    /// The first voter listed founds the cluster.
    private var isFounder: Bool {
        configuration.members.first { $0.kind == .voter }?.id == configuration.id
    }

    private func tryToFound() throws {
        var members = [Membership.Member(own: configuration, incarnation: directory.identity.incarnation)]
        var missing: [String] = []
        for peer in peers.others {
            switch peers.ask(peer, founded: nil) {
            case .success(let reply):
                if let cluster = reply.cluster {
                    return report(.clusterExists(peer: peer.id, cluster: cluster))
                }
                guard reply.sameList else { return report(.differentLists(peer: peer.id)) }
                guard let incarnation = UInt64(reply.incarnation, radix: 16) else {
                    missing.append("\(peer.id) (answered nonsense)")
                    continue
                }
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
        let founding = Founding(
            cluster: ClusterID(high: .random(in: .min ... .max), low: .random(in: .min ... .max)),
            membership: Membership(members)
        )
        try founding.record(in: directory)
        logger.notice("formed a cluster", metadata: ["cluster": "\(founding.cluster)"])
        for peer in peers.others { _ = peers.ask(peer, founded: founding) }
        try join(founding, campaignsAtOnce: true)
    }

    /// One of the others waits to be told; a node that lost its disk learns here that it won't be.
    private func lookForCluster() throws {
        for peer in peers.others {
            if case .success(let reply) = peers.ask(peer, founded: nil), let cluster = reply.cluster, identity == nil {
                return report(.clusterExists(peer: peer.id, cluster: cluster))
            }
        }
        if identity == nil { report(.waitingToBeTold) }
    }

    /// Tells every member until each one has written the founding down.
    private func spread() {
        guard let founding = found.withLock({ $0 }) else { return }
        var untold = peers.others
        while !untold.isEmpty, !mustStop {
            untold.removeAll { peer in
                guard case .success(let reply) = peers.ask(peer, founded: founding) else { return false }
                if reply.cluster != founding.cluster.description {
                    logger.warning(
                        "a member is not the one this cluster was formed with; it must rejoin",
                        metadata: ["peer": "\(peer.id)", "cluster": "\(reply.cluster ?? "none")"]
                    )
                }
                return true
            }
            if !untold.isEmpty { usleep(Self.retryDelayMilliseconds * 1000) }
        }
    }

    private func join(_ founding: Founding, campaignsAtOnce: Bool) throws {
        try founding.startLog(in: directory)
        let isNew = found.withLock { found in
            defer { found = founding }
            return found == nil
        }
        guard isNew else { return }
        founding.warnOfDifferences(from: configuration.members, logger: logger)
        inbox.send(
            .formed(
                FormedCluster(
                    cluster: founding.cluster,
                    membership: founding.membership,
                    campaignsAtOnce: campaignsAtOnce
                )
            )
        )
    }

    private func report(_ obstacle: FormationObstacle) {
        inbox.send(.formationProblems([obstacle.problem]))
    }
}

// The other side of the conversation.
extension Formation {
    /// Answers `POST /form`.
    func answer(_ body: [UInt8]) -> PeerResponse {
        do {
            let request = try PeerJSON.decode(FormRequest.self, from: body)
            if let founded = request.founded, identity == nil {
                guard let (cluster, membership) = founded.membership else {
                    return .malformed("the founding names no cluster, or a member twice")
                }
                try accept(Founding(cluster: cluster, membership: membership), list: request.list)
            }
            let reply = FormReply(
                id: configuration.id.rawValue,
                incarnation: PeerName.text(directory.identity.incarnation),
                cluster: identity?.cluster.description,
                sameList: hasSameList(as: request.list)
            )
            return .answer(try PeerJSON.encode(reply), sender: NodeID(request.from))
        } catch let error as DecodingError {
            return .malformed("not a question about forming a cluster: \(error)")
        } catch {
            return .unavailable("the founding can't be written down: \(error)")
        }
    }

    private func accept(_ founding: Founding, list: [FormRequest.Listed]) throws {
        let own = MemberIdentity(id: configuration.id, incarnation: directory.identity.incarnation)
        guard founding.membership.recognises(own), hasSameList(as: list), !isFounder else { return }
        try founding.record(in: directory)
        try join(founding, campaignsAtOnce: false)
    }

    private func hasSameList(as list: [FormRequest.Listed]) -> Bool {
        configuration.members.map(FormRequest.Listed.init) == list
    }
}
