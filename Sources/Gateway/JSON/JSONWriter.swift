import FoundationEssentials
import Messaging

/// JSON of what is written seldom: reports and problems. Names in alphabetical order, so that equal values are equal
/// bytes.
enum JSONText {
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    /// - Parameter value: of a type that always encodes: no number that is not finite, nothing that throws.
    static func bytes(of value: some Encodable) -> [UInt8] {
        do {
            return Array(try encoder.encode(value))
        } catch {
            preconditionFailure("\(type(of: value)) did not encode: \(error)")
        }
    }
}

/// JSON of messages, which are written often.
extension [UInt8] {
    mutating func append(_ text: String) { append(contentsOf: text.utf8) }

    mutating func append(decimal number: UInt64) { append(contentsOf: String(number).utf8) }

    /// Members in the order of the documentation: id, sender, recipient, content, timestamp, hlc.
    mutating func append(json message: Message) {
        reserveCapacity(count + message.content.utf8.count + 192)
        append("{\"id\":")
        append(decimal: message.id)
        append(",\"sender\":")
        append(json: message.sender)
        append(",\"recipient\":")
        append(json: message.recipient)
        append(",\"content\":")
        append(json: message.content)
        append(",\"timestamp\":\"")
        append(contentsOf: message.timestamp.description.utf8)
        append("\",\"hlc\":\"")
        append(contentsOf: message.hlc.description.utf8)
        append("\"}")
    }

    /// A string in quotes; escapes what RFC 8259 §7 wants escaped and nothing else.
    mutating func append(json text: String) {
        append(UInt8(ascii: "\""))
        if text.utf8.contains(where: Self.needsEscape) {
            for byte in text.utf8 { append(escaped: byte) }
        } else {
            append(contentsOf: text.utf8)
        }
        append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        case 0..<0x20:
            append("\\u00")
            append(contentsOf: [Self.hexadecimalDigits[Int(byte >> 4)], Self.hexadecimalDigits[Int(byte & 0xF)]])
        default: append(byte)
        }
    }

    private static let hexadecimalDigits = [UInt8]("0123456789abcdef".utf8)
}
