import Raft

/// What a sealed segment does to the log, so that a start need not read it: the file `log/0000000001.summary`. Derived
/// from the segment, and good only for the very bytes it was made of.
///
///      0  magic "TandemS1"                                     8
///      8  version                                              4
///     12  1 if entries from before the segment were cut off    4
///     16  cluster id                                          16
///     32  incarnation                                          8
///     40  sequence number                                      8
///     48  bytes in the segment                                 8
///     56  where its last batch ends                            8
///     64  the log where it begins: index 8, term 8, batch 8, chain value 8
///     96  the log where it ends: the same
///    128  the entry up to which those before it were kept: index 8, term 8, chain value 8
///    152  how many entries, runs of terms, memberships: 4 each, zero 4
///    168  where each entry's record stands                     4 each
///      …  the runs of terms: first index 8, term 8             each
///      …  indexes of the memberships                           8 each
///      …  CRC-32C over all before it                           4
struct SegmentSummary: Hashable, Sendable {
    struct Cut: Hashable, Sendable {
        var id: EntryID
        var chain: ChainValue
    }

    private static let magic = [UInt8]("TandemS1".utf8)
    private static let version: UInt32 = 1
    private static let fixedBytes = 168

    var header: SegmentHeader
    /// The state of the log where the segment begins, and where it ends.
    var start: LogTip
    var tip: LogTip
    /// Where the mark ends that says that the log goes on in the next segment.
    var end: Int
    /// Where the segment cut off entries of those before it: the last one it kept.
    var cut: Cut?
    /// Where the records stand of those of its entries that were of the log at its end.
    var offsets: [UInt32]
    var termRuns: [TermRun]
    var membershipIndexes: [LogIndex]

    /// The entry before the first one.
    var before: LogIndex { cut?.id.index ?? start.id.index }

    static func path(of sequence: UInt64) -> String {
        String(SegmentHeader.path(of: sequence).dropLast(".log".count)) + ".summary"
    }

    /// The sequence number in a file name such as `0000000001.summary`; nil for any other name.
    static func sequence(ofFileNamed name: String) -> UInt64? {
        guard name.hasSuffix(".summary") else { return nil }
        return SegmentHeader.sequence(ofFileNamed: name.dropLast(".summary".count) + ".log")
    }

    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(
            Self.fixedBytes + offsets.count * 4 + termRuns.count * 16 + membershipIndexes.count * 8 + 4
        )
        bytes.append(littleEndian: Self.version)
        bytes.append(littleEndian: UInt32(cut == nil ? 0 : 1))
        bytes.append(littleEndian: header.cluster.high)
        bytes.append(littleEndian: header.cluster.low)
        bytes.append(littleEndian: header.incarnation.rawValue)
        bytes.append(littleEndian: header.sequence)
        bytes.append(littleEndian: UInt64(header.capacity))
        bytes.append(littleEndian: UInt64(end))
        for tip in [start, tip] {
            bytes.append(tip.id)
            bytes.append(littleEndian: tip.batch)
            bytes.append(littleEndian: UInt64(tip.chain.rawValue))
        }
        bytes.append(cut?.id ?? .zero)
        bytes.append(littleEndian: UInt64(cut?.chain.rawValue ?? 0))
        bytes.append(littleEndian: UInt32(offsets.count))
        bytes.append(littleEndian: UInt32(termRuns.count))
        bytes.append(littleEndian: UInt32(membershipIndexes.count))
        bytes.appendZeros(4)
        for offset in offsets { bytes.append(littleEndian: offset) }
        for run in termRuns { bytes.append(EntryID(term: run.term, index: run.firstIndex)) }
        for index in membershipIndexes { bytes.append(littleEndian: index.rawValue) }
        bytes.append(littleEndian: bytes[...].checksum)
        return bytes
    }

    /// Nil where these are not the bytes of a summary, or of none that makes sense: then the segment itself is read.
    init?(_ bytes: [UInt8]) {
        guard bytes.isDerivedFile(magic: Self.magic, version: Self.version, fixedBytes: Self.fixedBytes) else {
            return nil
        }
        header = SegmentHeader(
            cluster: ClusterID(high: bytes.word(at: 16), low: bytes.word(at: 24)),
            incarnation: Incarnation(bytes.word(at: 32)),
            sequence: bytes.word(at: 40),
            capacity: Int(clamping: bytes.word(at: 48))
        )
        end = Int(clamping: bytes.word(at: 56))
        start = bytes.tip(at: 64)
        tip = bytes.tip(at: 96)
        let isCut = bytes.littleEndian(at: 12, as: UInt32.self) == 1
        cut = isCut ? Cut(id: bytes.entryID(at: 128), chain: bytes.chain(at: 144)) : nil
        let counts = [152, 156, 160].map { Int(bytes.littleEndian(at: $0, as: UInt32.self)) }
        let runsStart = Self.fixedBytes + counts[0] * 4
        let membershipsStart = runsStart + counts[1] * 16
        guard bytes.count == membershipsStart + counts[2] * 8 + 4 else { return nil }
        offsets = bytes.halfWords(at: Self.fixedBytes, count: counts[0])
        termRuns = (0..<counts[1]).map {
            let id = bytes.entryID(at: runsStart + $0 * 16)
            return TermRun(firstIndex: id.index, term: id.term)
        }
        membershipIndexes = (0..<counts[2]).map { LogIndex(bytes.word(at: membershipsStart + $0 * 8)) }
        guard before.advanced(by: offsets.count) == tip.id.index, isOrdered else { return nil }
    }

    init(
        header: SegmentHeader,
        start: LogTip,
        tip: LogTip,
        end: Int,
        cut: Cut?,
        offsets: [UInt32],
        termRuns: [TermRun],
        membershipIndexes: [LogIndex]
    ) {
        self.header = header
        self.start = start
        self.tip = tip
        self.end = end
        self.cut = cut
        self.offsets = offsets
        self.termRuns = termRuns
        self.membershipIndexes = membershipIndexes
    }

    private var isOrdered: Bool {
        guard termRuns.isEmpty == offsets.isEmpty, cut.map({ $0.id.index <= start.id.index }) ?? true,
            termRuns.first.map({ $0.firstIndex == before.next }) ?? true
        else { return false }
        return zip(termRuns, termRuns.dropFirst()).allSatisfy { $0.firstIndex < $1.firstIndex }
            && (termRuns.last?.firstIndex ?? before) <= tip.id.index
            && zip(membershipIndexes, membershipIndexes.dropFirst()).allSatisfy { $0 < $1 }
            && membershipIndexes.allSatisfy { $0 > before && $0 <= tip.id.index }
    }
}

extension [UInt8] {
    fileprivate func tip(at offset: Int) -> LogTip {
        LogTip(id: entryID(at: offset), chain: chain(at: offset + 24), batch: word(at: offset + 16))
    }

    /// So many little-endian integers of four bytes.
    fileprivate func halfWords(at offset: Int, count: Int) -> [UInt32] {
        let bytes = span.bytes
        var values: [UInt32] = []
        values.reserveCapacity(count)
        for place in stride(from: offset, to: offset + count * 4, by: 4) {
            values.append(UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt32.self)))
        }
        return values
    }
}
