/// Reads JSON strictly as RFC 8259 has it and says where text breaks a rule.
///
/// Foundation's decoder is not used for what clients send: it takes trailing commas and UTF-16, keeps one of two equal
/// names without a word, and does not tell where it stopped.
struct JSONScanner {
    private let bytes: [UInt8]
    private var position = 0

    /// How deep arrays and objects may nest.
    static let depthMax = 64

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads the whole text as one value. Where it is an object, its members come in the order written, names that are
    /// given twice included, but no more than `membersMax` of them: the rest is only checked.
    static func document(_ bytes: [UInt8], membersMax: Int) throws(JSONSyntaxError) -> JSONDocument {
        var scanner = JSONScanner(bytes)
        scanner.skipWhitespace()
        let document: JSONDocument
        if scanner.next == UInt8(ascii: "{") {
            var members: [JSONDocument.Member] = []
            try scanner.object(depth: 1) { member in
                if members.count < membersMax { members.append(member) }
            }
            document = .object(members)
        } else {
            document = .other(try scanner.value(depth: 1))
        }
        scanner.skipWhitespace()
        guard scanner.next == nil else { throw scanner.error("the end of the text was expected") }
        return document
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ reason: String, at offset: Int? = nil) -> JSONSyntaxError {
        JSONSyntaxError(reason: reason, offset: offset ?? position, in: bytes)
    }

    private mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONDocument.Value {
        guard depth <= Self.depthMax else { throw error("more than \(Self.depthMax) levels are not read") }
        guard let next else { throw error("a value was expected") }
        switch next {
        case UInt8(ascii: "\""):
            return .string(try string())
        case UInt8(ascii: "{"):
            try object(depth: depth) { _ in }
            return .object
        case UInt8(ascii: "["):
            try array(depth: depth)
            return .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let start = position
            try number()
            return .number(String(decoding: bytes[start..<position], as: UTF8.self))
        case UInt8(ascii: "t"):
            try word("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default:
            throw error("a value was expected")
        }
    }

    private mutating func object(
        depth: Int,
        _ visit: (JSONDocument.Member) -> Void
    ) throws(JSONSyntaxError) {
        position += 1
        skipWhitespace()
        if take(UInt8(ascii: "}")) { return }
        while true {
            skipWhitespace()
            guard next == UInt8(ascii: "\"") else { throw error("a name in double quotes was expected") }
            let name = try string()
            skipWhitespace()
            guard take(UInt8(ascii: ":")) else { throw error("':' was expected") }
            skipWhitespace()
            visit(JSONDocument.Member(name: name, value: try value(depth: depth + 1)))
            skipWhitespace()
            if take(UInt8(ascii: "}")) { return }
            guard take(UInt8(ascii: ",")) else { throw error("',' or '}' was expected") }
        }
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) {
        position += 1
        skipWhitespace()
        if take(UInt8(ascii: "]")) { return }
        while true {
            skipWhitespace()
            _ = try value(depth: depth + 1)
            skipWhitespace()
            if take(UInt8(ascii: "]")) { return }
            guard take(UInt8(ascii: ",")) else { throw error("',' or ']' was expected") }
        }
    }

    private mutating func word(_ word: StaticString) throws(JSONSyntaxError) {
        let text = Array(word.description.utf8)
        guard bytes[position...].starts(with: text) else { throw error("a value was expected") }
        position += text.count
    }

    /// RFC 8259 §6.
    private mutating func number() throws(JSONSyntaxError) {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
        guard position > start else { throw error("a digit was expected") }
    }
}

// MARK: Strings (RFC 8259 §7)

extension JSONScanner {
    private mutating func string() throws(JSONSyntaxError) -> String {
        let start = position
        position += 1
        let first = position
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if next == UInt8(ascii: "\"") {
            position += 1
            return try text(bytes[first..<position - 1], at: start)
        }
        var unescaped = Array(bytes[first..<position])
        while let byte = next {
            if byte < 0x20 { throw error("a control character in text must be escaped") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(unescaped[...], at: start)
            case UInt8(ascii: "\\"): try escape(into: &unescaped)
            default: unescaped.append(byte)
            }
        }
        throw error("the text that begins here does not end", at: start)
    }

    private func text(_ utf8: ArraySlice<UInt8>, at start: Int) throws(JSONSyntaxError) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw error("the text that begins here is not UTF-8", at: start)
        }
        return text
    }

    /// What follows a backslash.
    private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        let start = position - 1
        guard let letter = next else { throw error("the text ends in an escape", at: start) }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar(from: start)).utf8)
        default: throw error("no such escape", at: start)
        }
    }

    private mutating func escapedScalar(from start: Int) throws(JSONSyntaxError) -> Character {
        let first = try codeUnit()
        var value = UInt32(first)
        if UTF16.isLeadSurrogate(first) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                throw error("half of a surrogate pair", at: start)
            }
            let second = try codeUnit()
            guard UTF16.isTrailSurrogate(second) else { throw error("half of a surrogate pair", at: start) }
            value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw error("half of a surrogate pair", at: start) }
        return Character(scalar)
    }

    private mutating func codeUnit() throws(JSONSyntaxError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("four hexadecimal digits were expected")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
