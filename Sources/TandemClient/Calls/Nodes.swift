import Synchronization

/// The nodes a client knows, and which of them it turns to first.
final class Nodes: Sendable {
    private let listed: [String]
    private let preferred: Mutex<String>

    init(_ urls: [String]) {
        listed = urls.map(Self.withoutTrailingSlash)
        preferred = Mutex(listed[0])
    }

    /// The preferred node, then the listed ones from there on, round the list.
    var inOrder: [String] {
        let first = preferred.withLock { $0 }
        guard let place = listed.firstIndex(of: first) else { return [first] + listed }
        return Array(listed[place...] + listed[..<place])
    }

    /// This node answered: turn to it first from now on. It may be one that only a redirect named.
    func prefer(_ url: String) {
        preferred.withLock { $0 = url }
    }

    static func withoutTrailingSlash(_ url: String) -> String {
        url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    /// Scheme, host and port of a URL.
    static func base(of url: String) -> String {
        let bytes = url.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
            return url
        }
        let authority = bytes.index(colon, offsetBy: 3)
        return String(url[..<(bytes[authority...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex)])
    }
}
