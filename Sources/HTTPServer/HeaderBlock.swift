import HTTPTypes
import Synchronization

/// A request's headers as the C wall packed them: two 16-bit little-endian lengths, the name, the value, and so on.
/// Kept packed because most handlers look at one or two of them.
final class HeaderBlock: Sendable {
    private let packed: [UInt8]
    private let built = Mutex<HTTPFields?>(nil)

    init(packed: [UInt8]) {
        self.packed = packed
    }

    /// Packs as the C wall does.
    init(_ fields: HTTPFields) {
        var packed: [UInt8] = []
        for field in fields {
            let (name, value) = (Array(field.name.rawName.utf8), Array(field.value.utf8))
            for count in [name.count, value.count] {
                packed += [UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8)]
            }
            packed += name + value
        }
        self.packed = packed
    }

    var fields: HTTPFields {
        built.withLock { built in
            if let built { return built }
            let fields = unpack()
            built = fields
            return fields
        }
    }

    func first(_ name: HTTPField.Name) -> String? {
        let wanted = name.canonicalName.utf8
        var next = 0
        while let entry = entry(at: next) {
            if entry.name.count == wanted.count,
                zip(packed[entry.name], wanted).allSatisfy({ Self.lowercased($0) == $1 })
            {
                return String(decoding: packed[entry.value], as: UTF8.self)
            }
            next = entry.value.upperBound
        }
        return nil
    }

    private func unpack() -> HTTPFields {
        var fields = HTTPFields()
        var next = 0
        while let entry = entry(at: next) {
            let name = String(decoding: packed[entry.name], as: UTF8.self)
            if let name = HTTPField.Name(name) {
                fields.append(HTTPField(name: name, value: String(decoding: packed[entry.value], as: UTF8.self)))
            }
            next = entry.value.upperBound
        }
        return fields
    }

    private func entry(at offset: Int) -> (name: Range<Int>, value: Range<Int>)? {
        guard offset < packed.count else { return nil }
        let nameStart = offset + 4
        let nameEnd = nameStart + Int(packed[offset]) + Int(packed[offset + 1]) << 8
        let valueEnd = nameEnd + Int(packed[offset + 2]) + Int(packed[offset + 3]) << 8
        precondition(
            valueEnd <= packed.count,
            "header block of \(packed.count) bytes ends inside the entry at \(offset)"
        )
        return (nameStart..<nameEnd, nameEnd..<valueEnd)
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
