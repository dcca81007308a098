import ArgumentParser

/// Where a node is reached: `http://HOST:PORT`, without a path.
struct BaseURL: Hashable, Sendable, ExpressibleByArgument {
    /// Without a slash at the end.
    var text: String

    init?(argument: String) {
        guard argument.hasPrefix("http://") else { return nil }
        let authority = argument.dropFirst("http://".count)
        let address = authority.hasSuffix("/") ? authority.dropLast() : authority
        guard !address.isEmpty, !address.contains(where: { $0.isWhitespace || "/?#@".contains($0) }) else { return nil }
        text = "http://\(address)"
    }

    var defaultValueDescription: String { text }
}

/// One member of the first membership: `a=http://10.0.0.1:12345`.
struct MemberArgument: Hashable, Sendable, ExpressibleByArgument {
    var name: NodeName
    var url: BaseURL

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="),
            let name = NodeName(argument: String(argument[..<equals])),
            let url = BaseURL(argument: String(argument[argument.index(after: equals)...]))
        else { return nil }
        self.name = name
        self.url = url
    }

    var defaultValueDescription: String { "\(name.text)=\(url.text)" }
}
