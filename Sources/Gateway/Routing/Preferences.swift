/// What the client would like (RFC 7240); anything this server does not know is ignored, as the RFC has it.
struct Preferences: Equatable {
    enum Return: String {
        /// Only the ids.
        case minimal
        /// The whole message.
        case representation
    }

    /// The first one given counts.
    var `return`: Return?

    init(_ prefer: String?) {
        guard let prefer else { return }
        for preference in prefer.split(separator: ",") {
            let token = preference.prefix { $0 != ";" }
            let pair = token.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].trimmed.lowercased() == "return" else { continue }
            let value = pair[1].trimmed
            let isQuoted = value.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"")
            `return` = Return(rawValue: String(isQuoted ? value.dropFirst().dropLast() : value))
            return
        }
    }
}
