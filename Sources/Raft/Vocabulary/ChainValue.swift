/// The chained checksum of a log up to and including some entry: CRC-32C over the entry, seeded with the chain value
/// of the entry before it. One value guards integrity and names a history.
package struct ChainValue: Hashable, Sendable {
    package var rawValue: UInt32

    package init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// The chain value of the empty log.
    package static let empty = ChainValue(0)

    /// The chain value after one more entry.
    ///
    /// Covers, in this order, little-endian: index (8 bytes), term (8), kind (1), 1 if the batch continues else 0 (1),
    /// payload.
    package func extended(id: EntryID, kind: Entry.Kind, continues: Bool, payload: [UInt8]) -> ChainValue {
        extended(id: id, kind: kind, continues: continues, payload: payload[...])
    }

    /// The same for a payload that is part of something larger.
    package func extended(id: EntryID, kind: Entry.Kind, continues: Bool, payload: ArraySlice<UInt8>) -> ChainValue {
        var checksum = CRC32C(seed: rawValue)
        checksum.update(littleEndian: id.index.rawValue)
        checksum.update(littleEndian: id.term.rawValue)
        checksum.update(byte: kind.rawValue)
        checksum.update(byte: continues ? 1 : 0)
        checksum.update(payload)
        return ChainValue(checksum.value)
    }
}

extension ChainValue: CustomStringConvertible {
    package var description: String { String(rawValue, radix: 16) }
}
