import Raft

/// The 56 bytes that end a batch: they say that everything before them was handed to the disk as one, and what the log
/// was then, whatever becomes of the bytes before.
///
///      0  the segment's key                       8
///      8  sequence number                         8   counts the batches of the whole log, from 1
///     16  where the batch starts in the segment   4
///     20  chain value of the log after it         4
///     24  index of the last entry after it        8
///     32  term of that entry                      8
///     40  kind: 1 commit, 2 seal, 3 continued     1   then 7 zeros
///     48  where this mark stands in the segment   4
///     52  CRC-32C over bytes 0..<52               4
///
/// It does not enter the chain: batches differ from node to node, chain values must not.
struct CommitMark: Hashable, Sendable {
    static let byteCount = 56

    enum Kind: UInt8, Sendable {
        /// Ends a batch.
        case commit = 1
        /// Stands alone after a clean stop, or when nothing happened for a while: the batch before it was complete.
        case seal = 2
        /// Stands last in a segment: the log goes on in the next one.
        case continued = 3
    }

    var kind: Kind
    var sequence: UInt64
    var batchStart: Int
    var last: EntryID
    var chain: ChainValue

    func encode(into bytes: inout [UInt8], key: UInt64, offset: Int) {
        let words = self.words(key: key, offset: offset)
        bytes.append(littleEndian: words.0)
        bytes.append(littleEndian: words.1)
        bytes.append(littleEndian: words.2)
        bytes.append(littleEndian: words.3)
        bytes.append(littleEndian: words.4)
        bytes.append(littleEndian: words.5)
        bytes.append(littleEndian: words.6 | UInt64(Self.checksum(words)) << 32)
    }

    /// Reads the mark at `offset` of a whole segment; nil where none stands.
    static func decode(_ bytes: [UInt8], at offset: Int, key: UInt64) -> CommitMark? {
        decode(bytes, at: offset, key: key, offset: offset)
    }

    /// Reads the mark at `position` of `bytes`, which stands at `offset` of the segment; nil where none does.
    static func decode(_ bytes: [UInt8], at position: Int, key: UInt64, offset: Int) -> CommitMark? {
        guard position + byteCount <= bytes.count, bytes.word(at: position) == key,
            let kind = Kind(rawValue: bytes[position + 40])
        else { return nil }
        let startAndChain = bytes.word(at: position + 16)
        let mark = CommitMark(
            kind: kind,
            sequence: bytes.word(at: position + 8),
            batchStart: Int(UInt32(truncatingIfNeeded: startAndChain)),
            last: EntryID(term: Term(bytes.word(at: position + 32)), index: LogIndex(bytes.word(at: position + 24))),
            chain: ChainValue(UInt32(truncatingIfNeeded: startAndChain >> 32))
        )
        let words = mark.words(key: key, offset: offset)
        guard bytes.word(at: position + 40) == words.5,
            bytes.word(at: position + 48) == words.6 | UInt64(checksum(words)) << 32
        else { return nil }
        return mark
    }

    /// The first mark at or after `offset` whose sequence number is at least `sequence`, and where it stands.
    static func first(in bytes: [UInt8], from offset: Int, sequence: UInt64, key: UInt64) -> (CommitMark, Int)? {
        var position = (offset + 7) & ~7
        while position + byteCount <= bytes.count {
            if bytes.word(at: position) == key, let mark = decode(bytes, at: position, key: key),
                mark.sequence >= sequence
            {
                return (mark, position)
            }
            position += 8
        }
        return nil
    }

    /// The state of the log after it.
    var tip: LogTip { LogTip(id: last, chain: chain, batch: sequence) }

    private typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    private func words(key: UInt64, offset: Int) -> Words {
        (
            key, sequence, UInt64(batchStart) | UInt64(chain.rawValue) << 32, last.index.rawValue, last.term.rawValue,
            UInt64(kind.rawValue), UInt64(offset)
        )
    }

    private static func checksum(_ words: Words) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(littleEndian: words.0)
        checksum.update(littleEndian: words.1)
        checksum.update(littleEndian: words.2)
        checksum.update(littleEndian: words.3)
        checksum.update(littleEndian: words.4)
        checksum.update(littleEndian: words.5)
        checksum.update(littleEndian: words.6)
        return checksum.value
    }
}
