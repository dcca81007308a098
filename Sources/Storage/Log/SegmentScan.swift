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
/// nor the expected mark. What that means is decided by what stands behind them, and by whoever scans; where it means
/// damage, `salvage` goes on behind it.
struct SegmentScan {
    /// A batch that ended in its mark.
    struct Batch {
        /// The number and the kind of its mark.
        var number: UInt64
        var kind: CommitMark.Kind
        var changes: [LogChange]
        var end: Int
    }

    let bytes: [UInt8]
    let key: UInt64

    /// The state of the log at the last mark; nil before the base record of the first segment there is.
    private(set) var committed: LogTip?
    /// Where the last whole batch starts and ends.
    private(set) var lastBatch = SegmentHeader.byteCount..<SegmentHeader.byteCount
    /// The last mark, where there was one.
    private(set) var lastMark: CommitMark.Kind?
    /// The state of the log where the segment begins; nil before that was read.
    var start: LogTip?
    /// The first place where something could not be read.
    var damagedAt: Int?

    /// The state of the log at `position`, and what has changed since the last mark.
    var working: LogTip?
    var position = SegmentHeader.byteCount
    var changes: [LogChange] = []
    /// Something could not be read since the last mark: the next one stands for itself.
    var isAdrift = false

    /// - Parameter tip: the state of the log where the segment begins; nil for the first segment there is.
    init(_ bytes: [UInt8], header: SegmentHeader, after tip: LogTip?) {
        self.bytes = bytes
        key = header.key
        committed = tip
        working = tip
        start = tip
    }

    var end: Int { lastBatch.upperBound }

    /// The state of the log where the segment begins, as the segment says itself; nil where that can't be read.
    var ownStart: LogTip? {
        let position = SegmentHeader.byteCount
        guard let header = RecordHeader.decode(bytes, at: position, key: key, offset: position), header.kind == .base
        else { return nil }
        let batch = bytes.word(at: position + RecordHeader.byteCount)
        return LogTip(id: header.id, chain: header.chain, batch: batch &- 1)
    }

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
                isAdrift = false
                defer { changes = [] }
                return Batch(number: mark.sequence, kind: mark.kind, changes: changes, end: end)
            }
            guard readRecord() else { return nil }
        }
    }

    /// The first mark behind the place where scanning stopped that proves that the bytes there were once whole, and
    /// where it stands: nothing is written before all earlier batches are durable.
    var laterBatch: Int? {
        CommitMark.first(in: bytes, from: position, sequence: (committed?.batch ?? 0) + 2, key: key)?.1
    }

    /// Bytes behind the last whole batch that are not zero.
    var unreadBytes: Range<Int>? {
        bytes.lastNonZero(from: end).map { end..<$0 + 1 }
    }

    /// The bytes of the last whole batch.
    var lastBatchBytes: [UInt8] { Array(bytes[lastBatch]) }

    private func accept(_ mark: CommitMark) -> Bool {
        // The base record comes before every mark.
        guard let working, position > SegmentHeader.byteCount else { return false }
        guard mark.last == working.id, mark.chain == working.chain else { return false }
        return isAdrift
            ? mark.sequence > committed?.batch ?? 0 : mark.sequence == working.batch + 1 && mark.batchStart == end
    }

    private mutating func readRecord() -> Bool {
        guard let (header, payload) = record(at: position), isPadded(header), take(header, payload) else {
            return false
        }
        position += header.size
        return true
    }

    /// The record at `offset`, whatever comes before it, and the bytes of its payload.
    func record(at offset: Int) -> (RecordHeader, ArraySlice<UInt8>)? {
        guard let header = RecordHeader.decode(bytes, at: offset, key: key, offset: offset),
            offset + header.size <= bytes.count
        else { return nil }
        let start = offset + RecordHeader.byteCount
        return (header, bytes[start..<start + header.payloadLength])
    }

    private func isPadded(_ header: RecordHeader) -> Bool {
        let end = position + RecordHeader.byteCount + header.payloadLength
        return bytes[end..<position + header.size].allSatisfy { $0 == 0 }
    }

    private mutating func take(_ header: RecordHeader, _ payload: ArraySlice<UInt8>) -> Bool {
        let isFirst = position == SegmentHeader.byteCount
        switch header.kind {
        case .base:
            guard isFirst, let tip = ownStart else { return false }
            if working == nil {
                start = tip
                working = tip
            }
            return working == tip
        case .entry(let kind):
            guard !isFirst, let tip = working, header.id.index == tip.id.index.next, header.id.term >= tip.id.term,
                header.vouches(for: payload, of: kind, after: tip.chain)
            else { return false }
            changes.append(.appended(header.id, kind, header.chain, offset: UInt32(position)))
        case .truncate:
            guard !isFirst, let tip = working, header.id <= tip.id, payload.isEmpty else { return false }
            changes.append(.truncated(header.id, header.chain))
        case .reset:
            guard !isFirst, working != nil, payload.isEmpty else { return false }
            changes.append(.reset(header.id, header.chain))
        case .skip:
            let batch = bytes.word(at: payload.startIndex)
            guard !isFirst, let tip = working, batch > tip.batch else { return false }
            if (tip.id, tip.chain) != (header.id, header.chain) { changes.append(.skipped(header.id, header.chain)) }
            working?.batch = batch - 1
        }
        working?.id = header.id
        working?.chain = header.chain
        return true
    }
}
