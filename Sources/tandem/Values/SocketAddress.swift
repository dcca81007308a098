import ArgumentParser

/// Where a node listens: `127.0.0.1:12345`, `[::1]:12345`, `localhost:12345`, `0.0.0.0:12345`.
struct SocketAddress: Hashable, Sendable, ExpressibleByArgument {
    /// An IPv4 or IPv6 literal without brackets, or `localhost`.
    var host: String
    /// 1 to 65535.
    var port: UInt16

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...]),
            port > 0
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
        self.init(host: String(host), port: port)
    }

    /// Whether only programs on this machine can reach it.
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// Whether it is every address of this machine, and so none that a peer could be told.
    var isWildcard: Bool { host == "0.0.0.0" || host == "::" }

    var url: String { "http://\(defaultValueDescription)" }

    var defaultValueDescription: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
