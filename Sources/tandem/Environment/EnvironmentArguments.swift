/// Options that stand in the environment: `--max-message` is also `TANDEM_MAX_MESSAGE`. What the command line says
/// wins.
///
/// They are put in as arguments, so that one parser reads and checks both.
struct EnvironmentArguments {
    /// The completed command line, without the program's name.
    private(set) var arguments: [String]
    /// The variables that were used.
    private(set) var variables: [String] = []

    /// - Parameters:
    ///   - arguments: the command line, without the program's name.
    ///   - words: how many of its first words name the subcommand.
    ///   - options: the options of that subcommand.
    /// - Throws: `EnvironmentError` where a variable for a flag is neither yes nor no.
    init(
        _ arguments: [String],
        words: Int = 1,
        options: [CommandOption],
        environment: [String: String]
    ) throws(EnvironmentError) {
        self.arguments = arguments
        guard arguments.count >= words else { return }
        let given = arguments.prefix { $0 != "--" }
        var added: [String] = []
        for option in options {
            let variable = Self.variable(for: option.name)
            guard let value = environment[variable], !value.isEmpty,
                !given.contains(where: { $0 == option.flag || $0.hasPrefix(option.flag + "=") })
            else { continue }
            switch option.kind {
            case .flag:
                switch value.lowercased() {
                case "1", "true", "yes": added.append(option.flag)
                case "0", "false", "no": continue
                default: throw EnvironmentError(variable: variable, value: value)
                }
            case .option where option.isRepeating:
                for part in value.split(separator: ",") { added.append("\(option.flag)=\(part)") }
            case .option:
                added.append("\(option.flag)=\(value)")
            case .positional:
                continue
            }
            variables.append(variable)
        }
        self.arguments = arguments.prefix(words) + added + arguments.dropFirst(words)
    }

    /// `max-message` becomes `TANDEM_MAX_MESSAGE`.
    static func variable(for option: String) -> String {
        "TANDEM_" + option.uppercased().replacing("-", with: "_")
    }
}

/// A variable in the environment that can't be understood.
struct EnvironmentError: Error, CustomStringConvertible {
    var variable: String
    var value: String

    var description: String { "\(variable) is \"\(value)\"; it takes 1, true or yes, or 0, false or no" }
}
