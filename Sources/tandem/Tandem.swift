import ArgumentParser
import FoundationEssentials
import Glibc

/// The `tandem` command: a node, and the tools to use and watch one.
@main
struct Tandem: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tandem",
        abstract: "A fault-tolerant messaging server with an HTTP/JSON face.",
        discussion: """
            Every option can also stand in the environment: --max-message as TANDEM_MAX_MESSAGE. The command line \
            wins. A repeatable option takes several values with commas there, a flag 1 or 0.
            Durations are written 50ms, 2s, 5m or 1h; sizes in bytes, or 64KiB, 1MiB, 2GiB.

            Exit status: 0 done, 1 refused, 2 wrong usage, 75 not possible at the moment: try again.
            """,
        version: TandemVersion.text,
        subcommands: [
            Serve.self, Send.self, Receive.self, Status.self, Member.self, Transfer.self, Promote.self, Version.self,
        ]
    )

    /// Replaces the parser's own start: options from the environment, and our exit statuses.
    static func main() async {
        var variables: [String] = []
        do {
            let completed = try completedArguments()
            variables = completed.variables
            var command = try parseAsRoot(completed.arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error, variables: variables)
        }
    }

    /// The command line with what the environment adds to it.
    private static func completedArguments() throws -> EnvironmentArguments {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let words = commandWords(in: arguments)
        do {
            return try EnvironmentArguments(
                arguments,
                words: words.count,
                options: words.command.map(CommandOption.all(of:)) ?? [],
                environment: ProcessInfo.processInfo.environment
            )
        } catch let error as EnvironmentError {
            throw ValidationError(error.description)
        }
    }

    /// The command that is named, and by how many words.
    private static func commandWords(
        in arguments: [String]
    ) -> (command: (any ParsableCommand.Type)?, count: Int) {
        guard let command = configuration.subcommands.first(where: { $0._commandName == arguments.first }) else {
            return (nil, 1)
        }
        let second = arguments.dropFirst().first
        if let inner = command.configuration.subcommands.first(where: { $0._commandName == second }) {
            return (inner, 2)
        }
        return (command.configuration.defaultSubcommand ?? command, 1)
    }

    private static func end(with error: any Error, variables: [String]) -> Never {
        let status = ExitStatus(of: error, parsedBy: self)
        let text = (error as? CommandFailure)?.message ?? fullMessage(for: error)
        if status == .done {
            if !text.isEmpty { print(text) }
        } else {
            StandardError.write(text)
            if status == .usage && !variables.isEmpty {
                StandardError.write("Read from the environment: \(variables.joined(separator: ", ")).")
            }
        }
        Glibc.exit(status.rawValue)
    }
}
