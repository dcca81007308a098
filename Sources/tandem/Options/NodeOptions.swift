import ArgumentParser
import Raft

/// Who a node is, where it is reached, and with whom it forms a cluster.
struct NodeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("This node's name in its cluster.", valueName: "name"))
    var id = NodeName.first

    @Option(
        help: ArgumentHelp(
            "Where to listen for clients and peers. Anything but a loopback address needs --insecure.",
            valueName: "host:port"
        )
    )
    var listen = SocketAddress(host: "127.0.0.1", port: 12345)

    @Option(
        help: ArgumentHelp(
            """
            The URL by which peers and clients reach this node. (default: its own --voter or --witness URL, else \
            --listen)
            """,
            valueName: "url"
        )
    )
    var advertise: BaseURL?

    @Option(
        help: ArgumentHelp(
            """
            The directory for this node's log and state; made if missing. One node a directory. \
            (default: ./tandem-ID)
            """,
            valueName: "dir"
        )
    )
    var data: String?

    @Option(
        help: ArgumentHelp(
            """
            One voter of the cluster; repeat for each, this node included, the same on all nodes. The first one \
            listed becomes the first primary. Heeded on the first start only: afterwards the cluster knows its \
            members. (default: a cluster of this node alone)
            """,
            valueName: "id=url"
        )
    )
    var voter: [MemberArgument] = []

    @Option(
        help: ArgumentHelp(
            """
            The witness of a pair, the same on all nodes, the witness included: it votes and holds no messages, so \
            that either voter takes over by itself when the other is lost. At most one, with exactly two voters. \
            Heeded on the first start only. With --join: this node itself, which is to be the witness of a pair that \
            has none; keep both flags on later starts.
            """,
            valueName: "id=url"
        )
    )
    var witness: [MemberArgument] = []

    @Option(
        help: ArgumentHelp(
            """
            Become a member of the cluster that this node belongs to, instead of forming one: as a learner first, \
            and as a voter once it has caught up. Once it is what it is to be, only tandem member changes that.
            """,
            valueName: "url"
        )
    )
    var join: BaseURL?

    @Flag(help: "With --join: stay a learner, which holds messages and does not vote.")
    var learner = false

    @Flag(
        help: """
            With --join: this node has lost its data directory, or what is in it, and starts with an empty one. The \
            member that had its name is removed from the cluster first.
            """
    )
    var rejoin = false

    @Option(
        help: ArgumentHelp(
            "Another host name by which clients may address this node; repeatable. Requests for other hosts get 421.",
            valueName: "name"
        )
    )
    var host: [String] = []

    @Flag(help: "Listen beyond this machine without encryption and without authentication.")
    var insecure = false

    /// The data directory.
    var directory: String { data ?? "tandem-\(id.text)" }

    /// Everyone listed, in the order that all nodes must share.
    var listed: [MemberArgument] { voter + witness }

    /// This node as the list has it; nil where nobody is listed.
    var own: MemberArgument? { listed.first { $0.name == id } }

    /// What this node asks to become, with --join.
    var wishedKind: Membership.Member.Kind { witness.isEmpty ? (learner ? .learner : .voter) : .witness }

    /// The URL peers and clients are told.
    var url: String { advertise?.text ?? own?.url.text ?? listen.url }

    func validate() throws {
        if !listen.isLoopback && !insecure {
            throw ValidationError(
                """
                --listen \(listen.defaultValueDescription) can be reached from other machines, and this node would \
                serve everyone there without encryption and without authentication. Listen on 127.0.0.1, or add \
                --insecure if that network is trusted.
                """
            )
        }
        try validateMembers()
        if listen.isWildcard && advertise == nil && listed.isEmpty {
            throw ValidationError(
                "Listening on every address, this node needs --advertise URL to tell peers and clients."
            )
        }
    }

    private func validateMembers() throws {
        if rejoin, join == nil { throw ValidationError("--rejoin goes with --join.") }
        if learner, join == nil { throw ValidationError("--learner goes with --join.") }
        if join != nil { return try validateJoining() }
        if !witness.isEmpty && voter.count != 2 {
            throw ValidationError(
                "--witness is for exactly two voters, and \(voter.count) are listed: list both with --voter."
            )
        }
        if witness.count > 1 { throw ValidationError("--witness: a cluster has at most one witness.") }
        if !listed.isEmpty && own == nil {
            throw ValidationError(
                """
                --voter must list this node too: add --voter \(id.text)=\(listen.url) (or --witness, if this node is \
                the witness), or choose another --id.
                """
            )
        }
        try requireEachOnce()
    }

    private func validateJoining() throws {
        guard voter.isEmpty else {
            throw ValidationError("--join is for a cluster that exists, --voter is for a new one.")
        }
        guard witness.allSatisfy({ $0.name == id }), witness.count <= 1 else {
            throw ValidationError("With --join, --witness can list only this node: \(id.text)=URL.")
        }
        if learner, !witness.isEmpty {
            throw ValidationError("--learner and --witness: a node is one or the other.")
        }
        if listen.isWildcard, advertise == nil, own == nil {
            throw ValidationError("Listening on every address, this node needs --advertise URL to tell its cluster.")
        }
    }

    private func requireEachOnce() throws {
        var seen: Set<String> = []
        for (flag, member) in voter.map({ ("--voter", $0) }) + witness.map({ ("--witness", $0) }) {
            guard seen.insert(member.name.text).inserted, seen.insert(member.url.text).inserted else {
                throw ValidationError(
                    "\(flag) \(member.defaultValueDescription): name and URL must be listed only once."
                )
            }
        }
    }
}
