/// What the acceptor learns from a connection's first bytes, without taking them: which loop it is for, and whether the
/// library would answer it with HTML of its own, or not see what is wrong with it.
enum RequestPeek: Equatable {
    /// The headers are not all there.
    case incomplete
    case head(target: String, accept: String)
    case refused(Refusal)

    /// So many bytes hold any head that is within the limits.
    static func bytesMax(_ limits: HTTPServerConfiguration) -> Int {
        limits.urlBytesMax + limits.headerBytesMax + otherBytes
    }

    /// Room for blank lines, the method and the version.
    private static let otherBytes = 512

    /// Examines received bytes, at most `bytesMax` of them.
    init(_ bytes: ArraySlice<UInt8>, limits: HTTPServerConfiguration) {
        do throws(Refusal) {
            self = try Self.read(bytes, limits)
        } catch {
            self = .refused(error)
        }
    }

    /// The target without its query, as configured paths are written.
    static func path(of target: String) -> Substring {
        target.prefix { $0 != "?" }
    }

    private static func read(_ bytes: ArraySlice<UInt8>, _ limits: HTTPServerConfiguration) throws(Refusal) -> Self {
        var rest = bytes.drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        if let first = rest.first, !first.isToken {
            throw .badRequest("This is not HTTP.")  // TLS, most likely
        }
        guard let requestLine = line(from: &rest) else {
            guard rest.count <= limits.urlBytesMax + otherBytes / 2, bytes.count < bytesMax(limits) else {
                throw .urlTooLong
            }
            return .incomplete
        }
        let target = try target(of: requestLine, limits)
        var accept: [String] = []
        var count = 0
        let headers = rest
        while let line = line(from: &rest) {
            if line.isEmpty { return .head(target: target, accept: accept.joined(separator: ", ")) }
            count += 1
            let header = try HeaderLine(line)
            guard count <= limits.headersMax, headers.count - rest.count <= limits.headerBytesMax else {
                throw .headersTooLarge
            }
            if header.isNamed("accept") {
                accept.append(String(decoding: header.value, as: UTF8.self))
            } else if header.isNamed("content-length") {
                try checkLength(header.value, limits)
            }
        }
        guard headers.count <= limits.headerBytesMax, bytes.count < bytesMax(limits) else { throw .headersTooLarge }
        return .incomplete
    }

    /// Takes the next line, without its end. nil where the end is missing.
    private static func line(from rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = rest[..<end]
        rest = rest[(end + 1)...]
        return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }

    /// RFC 9112 §3: `method SP request-target SP HTTP-version`.
    private static func target(
        of line: ArraySlice<UInt8>,
        _ limits: HTTPServerConfiguration
    ) throws(Refusal) -> String {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(\.isToken), !words[1].isEmpty,
            let major = majorVersion(words[2])
        else {
            throw .badRequest("The request line is not a method, a target and HTTP/1.1 with one space between them.")
        }
        guard major == UInt8(ascii: "1") else { throw .unsupportedVersion }
        guard words[1].count <= limits.urlBytesMax else { throw .urlTooLong }
        return String(decoding: words[1], as: UTF8.self)
    }

    /// The first digit of `HTTP/1.1`.
    private static func majorVersion(_ word: ArraySlice<UInt8>) -> UInt8? {
        guard word.count == 8, word.starts(with: "HTTP/".utf8), word[word.startIndex + 6] == UInt8(ascii: ".") else {
            return nil
        }
        let (major, minor) = (word[word.startIndex + 5], word[word.startIndex + 7])
        return major.isDigit && minor.isDigit ? major : nil
    }

    /// RFC 9110 §8.6: digits.
    private static func checkLength(
        _ value: ArraySlice<UInt8>,
        _ limits: HTTPServerConfiguration
    ) throws(Refusal) {
        guard !value.isEmpty, value.allSatisfy(\.isDigit) else { throw .badRequest("Content-Length is not a number.") }
        // More than the library can count.
        guard value.count < 20 else { throw .bodyTooLarge(limit: limits.bodyBytesMax) }
    }
}
