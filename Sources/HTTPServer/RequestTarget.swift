/// A request target taken apart (RFC 9112 §3.2). The library's own decoding loses bytes after %00 and turns "+" into a
/// space everywhere.
struct RequestTarget: Sendable {
    /// As sent.
    let raw: String
    /// Before decoding.
    let rawPath: String
    let path: String
    /// In absolute form: the host.
    let authority: String?
    let query: [(name: String, value: String)]

    /// Why a target is refused.
    struct Malformed: Error, Equatable {
        let reason: String
    }

    /// Throws what is wrong with it, as a sentence for the client.
    init(_ bytes: [UInt8]) throws(Malformed) {
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "#") }) else {
            throw Malformed(reason: "The request target holds a control character, a space or a fragment.")
        }
        guard let raw = String(validating: bytes, as: UTF8.self) else {
            throw Malformed(reason: "The request target is not UTF-8.")
        }
        self.raw = raw
        let (authority, origin) = try Self.parts(bytes[...])
        self.authority = authority.map { String(decoding: $0, as: UTF8.self) }
        let questionMark = origin.firstIndex(of: UInt8(ascii: "?")) ?? origin.endIndex
        let pathBytes = origin[..<questionMark]
        rawPath = String(decoding: pathBytes, as: UTF8.self)
        if pathBytes.contains(UInt8(ascii: "%")) {
            guard let decoded = PercentDecoding.decode(pathBytes, plusIsSpace: false) else {
                throw Malformed(reason: "The path has a bad percent escape, %00, or does not decode to UTF-8.")
            }
            path = decoded
        } else {
            path = rawPath
        }
        query = try Self.parseQuery(origin[questionMark...].dropFirst())
    }

    /// `http://authority` (absolute form), if it is there, and `/path?query` or `*`.
    private static func parts(
        _ bytes: ArraySlice<UInt8>
    ) throws(Malformed) -> (authority: ArraySlice<UInt8>?, origin: ArraySlice<UInt8>) {
        if bytes.first == UInt8(ascii: "/") || bytes.elementsEqual("*".utf8) { return (nil, bytes) }
        for scheme in ["http://", "https://"] where startsWithoutCase(bytes, scheme) {
            let afterScheme = bytes.dropFirst(scheme.utf8.count)
            let authority = afterScheme.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            let rest = afterScheme.dropFirst(authority.count)
            guard !authority.isEmpty else { break }
            return (authority, rest.first == UInt8(ascii: "/") ? rest : ([UInt8(ascii: "/")] + rest)[...])
        }
        throw Malformed(reason: "The request target is neither a path nor an http URL.")
    }

    private static func startsWithoutCase(_ bytes: ArraySlice<UInt8>, _ word: String) -> Bool {
        let start = bytes.prefix(word.utf8.count)
        return start.count == word.utf8.count && zip(start, word.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }

    private static func parseQuery(
        _ bytes: ArraySlice<UInt8>
    ) throws(Malformed) -> [(name: String, value: String)] {
        guard !bytes.isEmpty else { return [] }
        var query: [(name: String, value: String)] = []
        for piece in bytes.split(separator: UInt8(ascii: "&")) {
            let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
            guard let name = PercentDecoding.decode(piece[..<equals], plusIsSpace: true),
                let value = PercentDecoding.decode(piece[equals...].dropFirst(), plusIsSpace: true)
            else {
                throw Malformed(reason: "The query has a bad percent escape, %00, or does not decode to UTF-8.")
            }
            query.append((name, value))
        }
        return query
    }
}
