import Raft

/// The state of the log after some batch.
struct LogTip: Hashable, Sendable {
    var id: EntryID
    var chain: ChainValue
    /// The number of the last batch.
    var batch: UInt64

    static let empty = LogTip(id: .zero, chain: .empty, batch: 0)
}

/// Reads one segment from its first byte to where its last whole batch ends. Pure.
///
/// The state of the log moves only at marks. Scanning stops at the first bytes that are neither the expected record
/// nor the expected mark; what that means is decided by what stands behind them.
struct SegmentScan {
    /// A batch that ended in its mark.
    struct Batch {
        var number: UInt64
        var changes: [LogChange]
        var end: Int
    }

    private let bytes: [UInt8]
    private let key: UInt64
    private let path: String

    /// The state of the log at the last mark; nil before the base record of the first segment there is.
    private(set) var committed: LogTip?
    /// Where the last whole batch starts and ends.
    private(set) var lastBatch = SegmentHeader.byteCount..<SegmentHeader.byteCount
    /// The last mark, where there was one.
    private(set) var lastMark: CommitMark.Kind?
    /// Base of the log, where this is the first segment there is.
    private(set) var base: LogTip?

    private var working: LogTip?
    private var position = SegmentHeader.byteCount
    private var changes: [LogChange] = []

    /// - Parameter tip: the state of the log where the segment begins; nil for the first segment there is.
    init(_ bytes: [UInt8], header: SegmentHeader, after tip: LogTip?) {
        self.bytes = bytes
        key = header.key
        path = header.path
        committed = tip
        working = tip
    }

    var end: Int { lastBatch.upperBound }

    /// The next whole batch; nil where the readable part ends.
    mutating func next() -> Batch? {
        guard lastMark != .continued else { return nil }
        while true {
            if let mark = CommitMark.decode(bytes, at: position, key: key) {
                guard accept(mark) else { return nil }
                working?.batch = mark.sequence
                lastMark = mark.kind
                lastBatch = end..<position + CommitMark.byteCount
                position = end
                committed = working
                defer { changes = [] }
                return Batch(number: mark.sequence, changes: changes, end: end)
            }
            guard readRecord() else { return nil }
        }
    }

    /// Throws `.damaged` where a later batch proves that the bytes at which scanning stopped were once whole: nothing
    /// is written before all earlier batches are durable.
    func checkTail() throws(StorageError) {
        let expected = (committed?.batch ?? 0) + 1
        guard let (mark, offset) = CommitMark.first(in: bytes, from: position, sequence: expected + 1, key: key) else {
            return
        }
        throw .damaged(
            path,
            at: position,
            firstIndex: firstIndexInDoubt,
            "batch \(expected) can't be read, though batch \(mark.sequence) stands behind it at byte \(offset)"
        )
    }

    /// Any mark in the segment, where none may be.
    func anyMark() -> Int? {
        CommitMark.first(in: bytes, from: SegmentHeader.byteCount, sequence: 0, key: key)?.1
    }

    /// Bytes behind the last whole batch that are not zero: a torn write.
    var tornBytes: Range<Int>? {
        bytes.lastNonZero(from: end).map { end..<$0 + 1 }
    }

    /// The bytes of the last whole batch.
    var lastBatchBytes: [UInt8] { Array(bytes[lastBatch]) }

    /// The entry at which scanning stopped, at the latest.
    var firstIndexInDoubt: LogIndex { (working?.id.index ?? .zero).next }

    /// Where scanning stopped.
    var stop: Int { position }

    private func accept(_ mark: CommitMark) -> Bool {
        // The base record comes before every mark.
        guard let working, position > SegmentHeader.byteCount else { return false }
        return mark.sequence == working.batch + 1 && mark.batchStart == end && mark.lastIndex == working.id.index
            && mark.chain == working.chain
    }

    private mutating func readRecord() -> Bool {
        guard let header = RecordHeader.decode(bytes, at: position, key: key, offset: position),
            position + header.size <= bytes.count
        else { return false }
        let payload = bytes[
            (position + RecordHeader.byteCount)..<(position + RecordHeader.byteCount + header.payloadLength)
        ]
        let padding = bytes[payload.endIndex..<(position + header.size)]
        guard padding.allSatisfy({ $0 == 0 }), take(header, payload) else { return false }
        position += header.size
        return true
    }

    private mutating func take(_ header: RecordHeader, _ payload: ArraySlice<UInt8>) -> Bool {
        let isFirst = position == SegmentHeader.byteCount
        switch header.kind {
        case .base:
            guard isFirst, payload.count == 8 else { return false }
            let batch = bytes.word(at: payload.startIndex)
            let tip = LogTip(id: header.id, chain: header.chain, batch: batch &- 1)
            if working == nil {
                base = tip
                working = tip
            }
            return working == tip
        case .entry(let kind):
            guard !isFirst, let tip = working, header.id.index == tip.id.index.next, header.id.term >= tip.id.term
            else { return false }
            guard header.vouches(for: payload, of: kind, after: tip.chain) else { return false }
            changes.append(.appended(header.id, kind, header.chain, offset: UInt32(position)))
        case .truncate:
            guard !isFirst, let tip = working, header.id <= tip.id, payload.isEmpty else { return false }
            changes.append(.truncated(header.id, header.chain))
        case .reset:
            guard !isFirst, working != nil, payload.isEmpty else { return false }
            changes.append(.reset(header.id, header.chain))
        }
        working?.id = header.id
        working?.chain = header.chain
        return true
    }
}
