/// Takes a payload apart from front to back, trusting no length in it.
struct PayloadReader {
    private let payload: [UInt8]
    private var position = 0

    init(_ payload: [UInt8]) { self.payload = payload }

    var isAtEnd: Bool { position == payload.count }

    /// A little-endian number of 1 to 8 bytes.
    mutating func number(bytes count: Int) throws(CommandCodingError) -> UInt64 {
        var value: UInt64 = 0
        for (offset, byte) in try take(count).enumerated() { value |= UInt64(byte) << (8 * UInt64(offset)) }
        return value
    }

    /// UTF-8 behind its length.
    mutating func text(lengthBytes: Int) throws(CommandCodingError) -> String {
        let length = try number(bytes: lengthBytes)
        let bytes = try take(Int(length))
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandCodingError(description: "text at byte \(position - bytes.count) is not UTF-8")
        }
        return text
    }

    /// Bytes behind their length, passed over.
    mutating func skip(lengthBytes: Int) throws(CommandCodingError) {
        let length = try number(bytes: lengthBytes)
        _ = try take(Int(length))
    }

    private mutating func take(_ count: Int) throws(CommandCodingError) -> ArraySlice<UInt8> {
        guard count <= payload.count - position else {
            throw CommandCodingError(
                description: "payload of \(payload.count) bytes ends inside a field of \(count) at byte \(position)"
            )
        }
        defer { position += count }
        return payload[position..<position + count]
    }
}
