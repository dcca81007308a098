/// Under which names a node without tokens answers. A web page that its reader was lured to can send requests to any
/// address the reader reaches, even make its own name point there (DNS rebinding), but can't change `Host`.
package struct HostPolicy: Sendable {
    private let names: Set<String>

    /// - Parameter names: beside the loopback names; with or without a port, which does not count.
    package init(names: [String]) {
        self.names = Set(names.map(Self.name(ofAuthority:)) + ["localhost", "127.0.0.1", "[::1]"])
    }

    /// - Parameter host: the header field; nil where there is none, as in HTTP/1.0, which no browser sends.
    func check(_ host: String?) throws(Problem) {
        guard let host else { return }
        let name = Self.name(ofAuthority: host)
        guard names.contains(name) || Self.isLoopbackAddress(name) else {
            throw Problem(.unknownHost, "This node does not answer for the host \(host).")
        }
    }

    /// All of 127.0.0.0/8.
    private static func isLoopbackAddress(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Host without port, in lower case, without the dot that may end a full name.
    static func name(ofAuthority authority: String) -> String {
        let bytes = authority.utf8
        var name = bytes[...]
        if bytes.first == UInt8(ascii: "[") {
            if let end = bytes.firstIndex(of: UInt8(ascii: "]")) { name = bytes[...end] }
        } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes.lastIndex(of: UInt8(ascii: ":")) == colon
        {
            name = bytes[..<colon]
        }
        if name.last == UInt8(ascii: ".") { name = name.dropLast() }
        let isLower = name.allSatisfy { $0 < UInt8(ascii: "A") || $0 > UInt8(ascii: "Z") && $0 < 0x80 }
        return isLower ? String(Substring(name)) : Substring(name).lowercased()
    }

    /// The authority of an absolute URL, or nil.
    package static func authority(ofURL url: String) -> String? {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let rest = url[scheme.upperBound...]
        return String(rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" })
    }
}
