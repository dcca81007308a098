/// What the acceptor learns from a connection's first bytes, without taking them.
enum RequestPeek: Equatable {
    /// The headers are not all there.
    case incomplete
    /// Enough to choose a loop. Empty strings when the bytes are no request: the library answers that.
    case head(target: String, accept: String)
    /// A `Content-Length` the library would refuse with HTML of its own, some of them twice over.
    case malformedLength

    /// Examines received bytes; `isAll` when no more will fit.
    init(_ bytes: ArraySlice<UInt8>, isAll: Bool) {
        let request = bytes.drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        guard let first = request.first else {
            self = isAll ? .head(target: "", accept: "") : .incomplete
            return
        }
        guard first >= UInt8(ascii: "A"), first <= UInt8(ascii: "z") else {
            self = .head(target: "", accept: "")  // TLS, most likely
            return
        }
        var accept: [String] = []
        var target: String?
        var rest = request
        while let lineEnd = rest.firstIndex(of: UInt8(ascii: "\n")) {
            var line = rest[..<lineEnd]
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            rest = rest[(lineEnd + 1)...]
            if target == nil {
                target = Self.target(line)
            } else if line.isEmpty {
                self = .head(target: target ?? "", accept: accept.joined(separator: ", "))
                return
            } else if let value = Self.value(of: "accept:", in: line) {
                accept.append(String(decoding: value, as: UTF8.self))
            } else if let value = Self.value(of: "content-length:", in: line), !Self.isLength(value) {
                self = .malformedLength
                return
            }
        }
        self = isAll ? .head(target: target ?? "", accept: accept.joined(separator: ", ")) : .incomplete
    }

    /// The target without its query, as configured paths are written.
    static func path(of target: String) -> Substring {
        target.prefix { $0 != "?" }
    }

    private static func target(_ requestLine: ArraySlice<UInt8>) -> String {
        let words = requestLine.split(separator: UInt8(ascii: " "))
        return words.count < 2 ? "" : String(decoding: words[1], as: UTF8.self)
    }

    /// A header's value without the spaces before it; `name` includes the colon.
    private static func value(of name: String, in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let name = name.utf8
        guard line.count >= name.count, zip(line, name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { return nil }
        return line.dropFirst(name.count).drop(while: isBlank)
    }

    /// RFC 9110 §8.6: digits. No more of them than fit in 63 bits.
    private static func isLength(_ value: ArraySlice<UInt8>) -> Bool {
        let digits = value.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        return (1...19).contains(digits.count) && value.dropFirst(digits.count).allSatisfy(isBlank)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
