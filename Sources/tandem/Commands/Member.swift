import ArgumentParser
import TandemClient

/// `tandem member`
struct Member: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show and change who belongs to the cluster.",
        discussion: """
            A new node joins by itself, when it is started with tandem serve --join URL. Each change is made by the \
            primary, one at a time; any node passes it on. Status 75: not possible now, and nothing changed.
            """,
        subcommands: [List.self, Add.self, Promote.self, Demote.self, Remove.self],
        defaultSubcommand: List.self
    )

    /// The member that a change is about.
    struct Target: ParsableArguments {
        @Argument(help: ArgumentHelp("The member.", valueName: "id"))
        var node: NodeName
    }

    static func line(_ member: ClusterMember) -> String { "\(member.id) \(member.kind) \(member.url)" }
}

extension Member {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print each member's name, kind and URL.")

        @OptionGroup(title: "Cluster") var cluster: ClientOptions

        @Flag(help: "Print a JSON array.")
        var json = false

        func run() async throws {
            try await cluster.withClient { client in
                let members = try await client.members()
                print(json ? try JSONLine.text(of: members) : members.map(Member.line).joined(separator: "\n"))
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a member of a node that was started with --join and is not taken in yet.",
            discussion: "For a node that can't reach the one it is to ask. It becomes a learner, or a witness."
        )

        @OptionGroup(title: "Cluster") var cluster: ClientOptions

        @Argument(help: ArgumentHelp("Where the node listens.", valueName: "url"))
        var node: BaseURL

        func run() async throws {
            try await cluster.withClient { client in
                let status = try await client.status(of: node.text)
                let members = try await client.members()
                // Whatever it has become meanwhile: to add it again would make a learner of a voter.
                if let member = members.first(where: { $0.incarnation == status.node.incarnation }) {
                    return print(Member.line(member))
                }
                let own = try await client.status().cluster.id
                guard let incarnation = status.node.incarnation, [nil, own].contains(status.cluster.id) else {
                    throw CommandFailure(
                        status: .refused,
                        message: "tandem: node \(status.node.id) belongs to another cluster already"
                    )
                }
                let member = try await client.addMember(
                    status.node.id,
                    as: status.node.kind == "witness" ? "witness" : "learner",
                    url: status.node.url,
                    incarnation: incarnation
                )
                print(Member.line(member))
            }
        }
    }

    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a voter of a learner, once it has caught up."
        )

        @OptionGroup(title: "Cluster") var cluster: ClientOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await cluster.withClient { client in
                print(Member.line(try await client.setKind(of: target.node.text, to: "voter")))
            }
        }
    }

    struct Demote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a learner of a voter.")

        @OptionGroup(title: "Cluster") var cluster: ClientOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await cluster.withClient { client in
                print(Member.line(try await client.setKind(of: target.node.text, to: "learner")))
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a member for good. The primary hands over first."
        )

        @OptionGroup(title: "Cluster") var cluster: ClientOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await cluster.withClient { client in
                print(Member.line(try await client.removeMember(target.node.text)))
            }
        }
    }
}
