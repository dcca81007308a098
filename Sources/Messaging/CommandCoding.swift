/// The bytes of a command, part of the disk and wire formats. Numbers are little-endian.
///
/// ```
/// kind     1 byte    1 = message
/// hlc      8 bytes   stamped by the primary when it takes the proposal
/// sender     2 bytes length, UTF-8
/// recipient  2 bytes length, UTF-8
/// content    4 bytes length, UTF-8
/// then any number of extensions: tag 1 byte, length 4 bytes, bytes
/// ```
/// A reader skips extensions with a tag of 128 and above that it does not know, and refuses others: a newer version
/// says by the tag whether an older one may go on without understanding.
extension Command {
    private static let messageKind: UInt8 = 1
    private static let stampRange = 1..<9
    private static let firstOptionalTag: UInt8 = 128

    /// The payload of a message that still has to be stamped: the clock reading is zero.
    package static func unstampedPayload(of draft: Draft) -> [UInt8] {
        let (sender, recipient, content) = (draft.sender.utf8, draft.recipient.utf8, draft.content.utf8)
        var payload: [UInt8] = []
        payload.reserveCapacity(17 + sender.count + recipient.count + content.count)
        payload.append(messageKind)
        payload.append(littleEndian: 0, bytes: 8)
        payload.append(littleEndian: UInt64(sender.count), bytes: 2)
        payload.append(contentsOf: sender)
        payload.append(littleEndian: UInt64(recipient.count), bytes: 2)
        payload.append(contentsOf: recipient)
        payload.append(littleEndian: UInt64(content.count), bytes: 4)
        payload.append(contentsOf: content)
        return payload
    }

    /// Sets the clock reading in place, without decoding.
    package static func stamp(_ payload: inout [UInt8], with hlc: HybridTimestamp) {
        precondition(payload.count >= stampRange.upperBound, "a payload of \(payload.count) bytes has no stamp")
        for offset in 0..<8 {
            payload[stampRange.lowerBound + offset] = UInt8(truncatingIfNeeded: hlc.rawValue >> (8 * UInt64(offset)))
        }
    }

    /// The clock reading, without decoding the rest; nil where the payload is too short for one.
    package static func stamp(of payload: [UInt8]) -> HybridTimestamp? {
        guard payload.count >= stampRange.upperBound else { return nil }
        var value: UInt64 = 0
        for offset in 0..<8 { value |= UInt64(payload[stampRange.lowerBound + offset]) << (8 * UInt64(offset)) }
        return HybridTimestamp(rawValue: value)
    }

    /// Sender and recipient, without decoding the content; nil for a command that is no message.
    ///
    /// - Throws: as `init(payload:)`, as far as it reads.
    package static func parties(
        of payload: [UInt8]
    ) throws(CommandCodingError) -> (sender: String, recipient: String)? {
        var reader = PayloadReader(payload)
        guard try reader.number(bytes: 1) == UInt64(messageKind) else { return nil }
        _ = try reader.number(bytes: 8)
        let sender = try reader.text(lengthBytes: 2)
        return (sender, try reader.text(lengthBytes: 2))
    }

    /// The payload of this command.
    package var payload: [UInt8] {
        switch self {
        case .message(let draft, let hlc):
            var payload = Self.unstampedPayload(of: draft)
            Self.stamp(&payload, with: hlc)
            return payload
        }
    }

    /// Reads a payload.
    ///
    /// - Throws: `CommandCodingError` for anything `payload` can't have written.
    package init(payload: [UInt8]) throws(CommandCodingError) {
        var reader = PayloadReader(payload)
        let kind = try reader.number(bytes: 1)
        guard kind == UInt64(Self.messageKind) else {
            throw CommandCodingError(description: "command kind \(kind) is not known to this version")
        }
        let hlc = HybridTimestamp(rawValue: try reader.number(bytes: 8))
        let sender = try reader.text(lengthBytes: 2)
        let recipient = try reader.text(lengthBytes: 2)
        let content = try reader.text(lengthBytes: 4)
        while !reader.isAtEnd {
            let tag = try reader.number(bytes: 1)
            try reader.skip(lengthBytes: 4)
            guard tag >= UInt64(Self.firstOptionalTag) else {
                throw CommandCodingError(description: "extension \(tag) is not known to this version")
            }
        }
        self = .message(Draft(sender: sender, recipient: recipient, content: content), hlc: hlc)
    }
}

extension [UInt8] {
    /// The lowest `count` bytes of a number.
    mutating func append(littleEndian value: UInt64, bytes count: Int) {
        for offset in 0..<count { append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(offset)))) }
    }
}
