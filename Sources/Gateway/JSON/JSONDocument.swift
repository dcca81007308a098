/// What a JSON text holds, as far as this server looks into it: the members of an object; values inside others are
/// checked and skipped.
enum JSONDocument: Equatable {
    case object([Member])
    case other(Value)

    struct Member: Equatable {
        var name: String
        var value: Value
    }

    enum Value: Equatable {
        case string(String)
        /// As it is written.
        case number(String)
        case boolean(Bool)
        case null
        case array
        case object

        /// With its article: "a string".
        var kind: String {
            switch self {
            case .string: "a string"
            case .number: "a number"
            case .boolean: "a boolean"
            case .null: "null"
            case .array: "an array"
            case .object: "an object"
            }
        }
    }
}

/// Where a text is not JSON, and why.
struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
    var reason: String
    /// In bytes from the start.
    var offset: Int
    /// From 1.
    var line: Int
    /// In bytes from the start of the line, from 1.
    var column: Int

    init(reason: String, offset: Int, in bytes: [UInt8]) {
        self.reason = reason
        self.offset = offset
        let before = bytes[..<min(offset, bytes.count)]
        line = before.count { $0 == 0x0A } + 1
        column = offset - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
    }

    var description: String { "line \(line), column \(column): \(reason)" }
}
