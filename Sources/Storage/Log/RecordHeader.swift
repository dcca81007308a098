import Raft

/// The 32 bytes before each payload in a segment.
///
///      0  bytes of payload                    4
///      4  chain value after this record       4   for an entry, `Entry.chain`
///      8  index                               8
///     16  term                                8
///     24  kind                                1
///     25  flags: 1 continues, 2 payload elsewhere   1
///     26  zero                                2
///     28  CRC-32C                             4   over the segment's key plus the record's place, bytes 0..<28, and
///                                              the payload where it is not an entry's
///     32  payload, then zeros up to the next multiple of 8
///
/// The chain value guards an entry's content; the header's own checksum guards the rest, first of all the length: a
/// wrong length would have the chain value computed over other bytes than were written.
struct RecordHeader: Hashable, Sendable {
    static let byteCount = 32

    enum Kind: Hashable, Sendable {
        case entry(Entry.Kind)
        /// First in every segment: the state of the log there. The payload is the number of the batch it belongs to.
        case base
        /// The log ends at this entry from here on; what came after it is void.
        case truncate
        /// The log begins after this entry from here on; all that came before is void.
        case reset
        /// The log is at this entry here, though not all that led to it stands before. The payload is the number of the
        /// batch it belongs to. Only in segments that were written again after damage.
        case skip

        var rawValue: UInt8 {
            switch self {
            case .entry(let kind): kind.rawValue
            case .base: 0x80
            case .truncate: 0x81
            case .reset: 0x82
            case .skip: 0x83
            }
        }

        init?(rawValue: UInt8) {
            switch rawValue {
            case 0x80: self = .base
            case 0x81: self = .truncate
            case 0x82: self = .reset
            case 0x83: self = .skip
            default:
                guard let kind = Entry.Kind(rawValue: rawValue) else { return nil }
                self = .entry(kind)
            }
        }
    }

    var kind: Kind
    var id: EntryID
    var chain: ChainValue
    var payloadLength: Int
    var continues = false
    /// `Entry.payloadElsewhere`: there is no payload, and the chain value stands as it was given.
    var payloadElsewhere = false

    /// Bytes a record with this much payload takes.
    static func size(payloadLength: Int) -> Int { (byteCount + payloadLength + 7) & ~7 }

    var size: Int { Self.size(payloadLength: payloadLength) }

    /// Appends the header of a record that will stand at `offset` of the segment with this key.
    ///
    /// - Parameter controlPayload: the payload of any record but an entry's.
    func encode(into bytes: inout [UInt8], key: UInt64, offset: Int, controlPayload: [UInt8] = []) {
        let words = self.words
        bytes.append(littleEndian: words.0)
        bytes.append(littleEndian: words.1)
        bytes.append(littleEndian: words.2)
        let checksum = checksum(words, controlPayload[...], key: key, offset: offset)
        bytes.append(littleEndian: words.3 | UInt64(checksum) << 32)
    }

    /// Reads the header at `position` of `bytes`, which stands at `offset` of the segment; nil where none does.
    static func decode(_ bytes: [UInt8], at position: Int, key: UInt64, offset: Int) -> RecordHeader? {
        guard position + byteCount <= bytes.count else { return nil }
        let lengthAndChain: UInt64 = bytes.word(at: position)
        let last: UInt64 = bytes.word(at: position + 24)
        guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: last)) else { return nil }
        let header = RecordHeader(
            kind: kind,
            id: EntryID(term: Term(bytes.word(at: position + 16)), index: LogIndex(bytes.word(at: position + 8))),
            chain: ChainValue(UInt32(truncatingIfNeeded: lengthAndChain >> 32)),
            payloadLength: Int(UInt32(truncatingIfNeeded: lengthAndChain)),
            continues: last & 0x100 != 0,
            payloadElsewhere: last & 0x200 != 0
        )
        var payload: ArraySlice<UInt8> = []
        if header.kind == .base || header.kind == .skip {
            guard header.payloadLength == 8, position + byteCount + 8 <= bytes.count else { return nil }
            payload = bytes[(position + byteCount)..<(position + byteCount + 8)]
        }
        let words = header.words
        guard UInt32(truncatingIfNeeded: last) == UInt32(truncatingIfNeeded: words.3),
            UInt32(truncatingIfNeeded: last >> 32) == header.checksum(words, payload, key: key, offset: offset)
        else { return nil }
        return header
    }

    /// Whether these bytes are the content of the entry of this kind that was written here, after one with chain value
    /// `previous`. Of an entry whose payload is elsewhere there is nothing but the header, which has its own checksum.
    func vouches(for payload: ArraySlice<UInt8>, of kind: Entry.Kind, after previous: ChainValue) -> Bool {
        if payloadElsewhere { return payload.isEmpty && kind == .command }
        return chain == previous.extended(id: id, kind: kind, continues: continues, payload: payload)
    }

    private var words: (UInt64, UInt64, UInt64, UInt64) {
        let flags: UInt64 = (continues ? 1 : 0) | (payloadElsewhere ? 2 : 0)
        return (
            UInt64(payloadLength) | UInt64(chain.rawValue) << 32, id.index.rawValue, id.term.rawValue,
            UInt64(kind.rawValue) | flags << 8
        )
    }

    private func checksum(
        _ words: (UInt64, UInt64, UInt64, UInt64),
        _ payload: ArraySlice<UInt8>,
        key: UInt64,
        offset: Int
    ) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(littleEndian: key &+ UInt64(offset))
        checksum.update(littleEndian: words.0)
        checksum.update(littleEndian: words.1)
        checksum.update(littleEndian: words.2)
        checksum.update(littleEndian: words.3)
        checksum.update(payload)
        return checksum.value
    }
}
