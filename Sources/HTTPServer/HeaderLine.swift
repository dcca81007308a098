/// One line of a request's headers, as received. The library loses what is refused here, so that it can't be found out
/// any more.
struct HeaderLine {
    let name: ArraySlice<UInt8>
    /// Without the spaces around it.
    let value: ArraySlice<UInt8>

    init(_ line: ArraySlice<UInt8>) throws(Refusal) {
        guard let first = line.first, !first.isBlank else {
            throw .badRequest("A header is folded over more than one line.")
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .badRequest("A header has no colon.") }
        guard !line.contains(0) else { throw .badRequest("A header holds a NUL.") }
        name = line[..<colon]
        guard !name.isEmpty, name.allSatisfy(\.isToken) else { throw .badRequest(Self.nameRule) }
        let start = line[(colon + 1)...].drop(while: \.isBlank)
        value = start.dropLast(start.reversed().prefix(while: \.isBlank).count)
    }

    static let nameRule = "A header's name is empty, or holds more than letters, digits and !#$%&'*+-.^_`|~."

    func isNamed(_ lowercased: String) -> Bool {
        name.count == lowercased.utf8.count && zip(name, lowercased.utf8).allSatisfy { $0 | 0x20 == $1 }
    }
}

extension UInt8 {
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    /// What HTTP allows around a header's value.
    var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// RFC 9110 §5.6.2.
    var isToken: Bool {
        let isLetter = self | 0x20 >= UInt8(ascii: "a") && self | 0x20 <= UInt8(ascii: "z")
        return isLetter || isDigit || "!#$%&'*+-.^_`|~".utf8.contains(self)
    }
}
