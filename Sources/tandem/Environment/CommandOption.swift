import ArgumentParser
import FoundationEssentials

/// One long option of a subcommand, as the argument parser itself describes it (`--experimental-dump-help`): the one
/// list of options is the one in the commands' own declarations.
struct CommandOption: Hashable, Sendable {
    enum Kind: String, Decodable, Sendable {
        case positional
        case option
        case flag
    }

    /// Without the dashes.
    var name: String
    var kind: Kind
    var isRepeating: Bool
    /// What `--help` says of it.
    var help: String?

    var flag: String { "--\(name)" }

    /// The long options of a command, without those that every command has.
    static func all(of command: any ParsableCommand.Type) throws -> [CommandOption] {
        let description = try JSONDecoder().decode(Description.self, from: Data(command._dumpHelp().utf8))
        return (description.command.arguments ?? []).compactMap { argument in
            let long = argument.names?.first { $0.kind == "long" }
            guard let name = long?.name, name != "help", name != "version" else { return nil }
            return CommandOption(
                name: name,
                kind: argument.kind,
                isRepeating: argument.isRepeating,
                help: argument.abstract
            )
        }
    }

    private struct Description: Decodable {
        var command: Command

        struct Command: Decodable { var arguments: [Argument]? }

        struct Argument: Decodable {
            var kind: Kind
            var isRepeating: Bool
            var names: [Name]?
            var abstract: String?
        }

        struct Name: Decodable {
            var kind: String
            var name: String
        }
    }
}
