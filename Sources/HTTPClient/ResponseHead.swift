import HTTPTypes

/// Gathers the head of a response from its lines. Pure.
struct ResponseHead {
    /// The most bytes of all lines together.
    static let bytesMax = 64 << 10

    private(set) var fields = HTTPFields()
    private var isComplete = false
    private var byteCount = 0

    /// Takes the next line, with or without its line end. False if the head is too large.
    ///
    /// A status line starts over: interim responses (100, 103) and followed redirects have heads of their own. Fields
    /// after the end of the head are trailers and dropped. So are lines that are not valid fields.
    mutating func append(line: some BidirectionalCollection<UInt8>) -> Bool {
        byteCount += line.count
        guard byteCount <= Self.bytesMax else { return false }
        let text = line.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        if text.starts(with: "HTTP/".utf8) {
            fields = HTTPFields()
            isComplete = false
        } else if text.isEmpty {
            isComplete = true
        } else if !isComplete, let field = Self.field(text) {
            fields.append(field)
        }
        return true
    }

    /// The value of `Content-Length`, if there is a usable one.
    var contentLength: Int? { fields[.contentLength].flatMap(Int.init) }

    private static func field(_ text: some BidirectionalCollection<UInt8>) -> HTTPField? {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")),
            let name = HTTPField.Name(String(decoding: text[..<colon], as: UTF8.self))
        else { return nil }
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let value = text[text.index(after: colon)...].drop(while: isSpace)
        let end = value.lastIndex { !isSpace($0) }.map { value.index(after: $0) } ?? value.startIndex
        return HTTPField(name: name, value: value[..<end])
    }
}
