/// Under which names a node without tokens answers. A web page that its reader was lured to can send requests to any
/// address the reader reaches, even make its own name point there (DNS rebinding), but can't change `Host`.
package struct HostPolicy: Sendable {
    private let names: Set<String>

    /// - Parameter names: beside the loopback names; with or without a port, which does not count.
    package init(names: [String]) {
        self.names = Set(names.map(Self.name(ofAuthority:)))
    }

    /// - Parameter host: the header field; nil where there is none, as in HTTP/1.0, which no browser sends.
    func check(_ host: String?) throws(Problem) {
        guard let host else { return }
        let name = Self.name(ofAuthority: host)
        guard Self.isLoopback(name) || names.contains(name) else {
            throw Problem(.unknownHost, "This node does not answer for the host \(host).")
        }
    }

    private static func isLoopback(_ name: String) -> Bool {
        if name == "localhost" || name == "[::1]" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Host without port, in lower case, without the dot that may end a full name.
    static func name(ofAuthority authority: String) -> String {
        var name = authority[...]
        if name.hasPrefix("[") {
            name = name[...(name.firstIndex(of: "]") ?? name.index(before: name.endIndex))]
        } else if let colon = name.lastIndex(of: ":"), name.firstIndex(of: ":") == colon {
            name = name[..<colon]
        }
        if name.hasSuffix(".") { name = name.dropLast() }
        return name.lowercased()
    }

    /// The authority of an absolute URL, or nil.
    static func authority(ofURL url: String) -> String? {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let rest = url[scheme.upperBound...]
        return String(rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" })
    }
}
