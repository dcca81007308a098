import ArgumentParser

/// A node's name: 1 to 64 letters, digits, `.`, `_` or `-`.
struct NodeName: Hashable, Sendable, ExpressibleByArgument {
    var text: String

    /// What a node is called where no name is given.
    static let first = NodeName(unchecked: "a")

    private init(unchecked text: String) { self.text = text }

    init?(argument: String) {
        guard (1...64).contains(argument.utf8.count),
            argument.unicodeScalars.allSatisfy({
                $0.isASCII && ($0.properties.isAlphabetic || Self.others.contains($0))
            })
        else { return nil }
        text = argument
    }

    var defaultValueDescription: String { text }

    private static let others = Set("0123456789._-".unicodeScalars)
}
