import ArgumentParser
import Cluster
import Gateway
import HTTPServer
import Logging
import Raft
import Storage

/// `tandem serve`: one node, until it is told to stop.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run one node of a cluster.",
        discussion: """
            Alone:
              tandem serve
            A primary and a backup; each has its own --id, --listen and --data, and both have the same voters:
              export TANDEM_VOTER=a=http://127.0.0.1:12345,b=http://127.0.0.1:12346
              tandem serve --id a --listen 127.0.0.1:12345
              tandem serve --id b --listen 127.0.0.1:12346
            With a witness, which votes and holds no messages, the pair survives the loss of any one by itself:
              export TANDEM_WITNESS=w=http://127.0.0.1:12347    # on all three
              tandem serve --id w --listen 127.0.0.1:12347

            One more node for a cluster that exists:
              tandem serve --id c --listen 127.0.0.1:12348 --join http://127.0.0.1:12345

            A witness for a pair that has none:
              tandem serve --id x --listen 127.0.0.1:12349 --join http://127.0.0.1:12345 \\
                --witness x=http://127.0.0.1:12349

            SIGTERM or SIGINT (Ctrl-C) hands the primary's office over, if another voter can take it, finishes what \
            was begun and ends with status 0; a second one ends it at once. \
            Status 1: the port is in use, another process has the data directory, or the disk failed; the message \
            says which.
            """
    )

    @OptionGroup(title: "Node and cluster") var node: NodeOptions
    @OptionGroup(title: "Behaviour") var behaviour: BehaviourOptions
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup(title: "Log") var log: LogOptions

    func validate() throws {
        // A node that is started again may leave the voters out: then its cluster knows how many there are.
        if !node.voter.isEmpty, behaviour.minCopies > node.voter.count {
            throw ValidationError(
                "--min-copies \(behaviour.minCopies) is more than the \(node.voter.count) voter(s) there are."
            )
        }
    }

    func run() async throws {
        log.install()
        try await Server(configuration: serverConfiguration).run()
    }

    /// What the flags say, in the terms of the parts that do it.
    var serverConfiguration: ServerConfiguration {
        let replica = ReplicaConfiguration(
            id: NodeID(node.id.text),
            url: node.url,
            members: members,
            joining: node.join.map {
                JoinWish(url: $0.text, kind: node.wishedKind, replacesNamesake: node.rejoin)
            },
            settings: Settings(
                heartbeatInterval: behaviour.heartbeat,
                electionTimeout: behaviour.electionTimeout,
                degradeAfter: behaviour.degradeAfter
            ),
            seed: .random(in: .min ... .max),
            scrubInterval: limits.scrubInterval > .zero ? limits.scrubInterval : nil
        )
        let segmentBytes = limits.segmentSize.bytes
        let storage = StorageSettings(
            segmentBytes: segmentBytes,
            firstSegmentBytes: min(segmentBytes, 4 << 20),
            lowWaterBytes: min(segmentBytes / 4, 1 << 20),
            reserveBytes: limits.reserve.bytes
        )
        return ServerConfiguration(
            directory: node.directory,
            storage: storage,
            replica: replica,
            gateway: gatewayConfiguration
        )
    }

    private var members: [ListedMember] {
        if node.join != nil { return [] }
        guard !node.listed.isEmpty else {
            return [ListedMember(id: NodeID(node.id.text), kind: .voter, url: node.url)]
        }
        func list(_ members: [MemberArgument], as kind: Membership.Member.Kind) -> [ListedMember] {
            members.map { ListedMember(id: NodeID($0.name.text), kind: kind, url: $0.url.text) }
        }
        return list(node.voter, as: .voter) + list(node.witness, as: .witness)
    }

    /// Peers forward to the URL in the list of members, which need not be the advertised one.
    private var ownListedHost: String? { node.own.flatMap { HostPolicy.authority(ofURL: $0.url.text) } }

    private var gatewayConfiguration: GatewayConfiguration {
        var server = HTTPServerConfiguration(host: node.listen.host, port: node.listen.port)
        server.connectionsMax = limits.connectionsMax
        return GatewayConfiguration(
            server: server,
            advertisedURL: node.url,
            hosts: node.host + [ownListedHost].compactMap { $0 },
            version: TandemVersion.text,
            notPrimaryMode: behaviour.notPrimary.mode,
            hold: behaviour.hold,
            requestTimeout: behaviour.requestTimeout,
            copiesMin: behaviour.minCopies,
            contentBytesMax: limits.maxMessage.bytes
        )
    }
}

extension NotPrimaryRule {
    var mode: GatewayConfiguration.NotPrimaryMode {
        switch self {
        case .forward: .forward
        case .redirect: .redirect
        case .reject: .reject
        }
    }
}
