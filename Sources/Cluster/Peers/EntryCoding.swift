package import Raft

/// Entries on their way between nodes: the chain value of each goes with it, so that what arrives is what was sent.
///
/// For each entry, little-endian: payload length (4 bytes), chain value (4), index (8), term (8), kind (1), flags (1:
/// the batch continues; 2: the payload is elsewhere, as a witness has it), payload.
package enum EntryCoding {
    private static let headerBytes = 26
    private static let continues: UInt8 = 1
    private static let payloadElsewhere: UInt8 = 2

    package static func encode(_ entries: [Entry]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + headerBytes + $1.payload.count })
        for entry in entries {
            bytes.append(littleEndian: UInt32(entry.payload.count))
            bytes.append(littleEndian: entry.chain.rawValue)
            bytes.append(littleEndian: entry.index.rawValue)
            bytes.append(littleEndian: entry.term.rawValue)
            bytes.append(entry.kind.rawValue)
            bytes.append((entry.continues ? continues : 0) | (entry.payloadElsewhere ? payloadElsewhere : 0))
            bytes.append(contentsOf: entry.payload)
        }
        return bytes
    }

    /// Takes apart what `encode` made; nil for anything else. Chain values are not checked here.
    package static func decode(_ bytes: [UInt8]) -> [Entry]? {
        var entries: [Entry] = []
        var position = 0
        while position < bytes.count {
            guard bytes.count - position >= headerBytes else { return nil }
            let length = Int(bytes.littleEndian(UInt32.self, at: position))
            let payloadStart = position + headerBytes
            let flags = bytes[position + 25]
            guard length <= bytes.count - payloadStart, let kind = Entry.Kind(rawValue: bytes[position + 24]),
                flags & ~(continues | payloadElsewhere) == 0
            else { return nil }
            var entry = Entry(
                id: EntryID(
                    term: Term(bytes.littleEndian(UInt64.self, at: position + 16)),
                    index: LogIndex(bytes.littleEndian(UInt64.self, at: position + 8))
                ),
                kind: kind,
                continues: flags & continues != 0,
                payload: Array(bytes[payloadStart..<payloadStart + length]),
                chain: ChainValue(bytes.littleEndian(UInt32.self, at: position + 4))
            )
            if flags & payloadElsewhere != 0 {
                // What has no payload is a command, and really has none.
                guard kind == .command, length == 0 else { return nil }
                entry.payloadElsewhere = true
            }
            entries.append(entry)
            position = payloadStart + length
        }
        return entries
    }
}

extension [UInt8] {
    fileprivate mutating func append<Number: FixedWidthInteger>(littleEndian value: Number) {
        for offset in 0..<Number.bitWidth / 8 { append(UInt8(truncatingIfNeeded: value >> Number(8 * offset))) }
    }

    fileprivate func littleEndian<Number: FixedWidthInteger>(_: Number.Type, at position: Int) -> Number {
        var value: Number = 0
        for offset in 0..<Number.bitWidth / 8 {
            value |= Number(truncatingIfNeeded: self[position + offset]) << Number(8 * offset)
        }
        return value
    }
}
