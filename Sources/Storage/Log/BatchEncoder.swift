import Raft

/// Puts the bytes of one batch together, and what it does to the log.
struct BatchEncoder {
    private let key: UInt64
    /// Where the batch starts in its segment.
    private let start: Int
    private(set) var bytes: [UInt8]
    private(set) var changes: [LogChange] = []
    private(set) var tip: LogTip

    /// - Parameter buffer: empty memory to use; taken back with `bytes`.
    init(key: UInt64, start: Int, tip: LogTip, buffer: consuming [UInt8]) {
        self.key = key
        self.start = start
        self.tip = tip
        bytes = buffer
        bytes.removeAll(keepingCapacity: true)
        if start == SegmentHeader.byteCount { encodeTip(.base) }
    }

    /// Bytes a batch with these steps takes, its mark included, in a segment where it isn't the first.
    static func size(of steps: [LogStep]) -> Int {
        var size = CommitMark.byteCount
        for step in steps {
            switch step {
            case .append(let entries):
                for entry in entries { size += RecordHeader.size(payloadLength: entry.payload.count) }
            case .truncate, .reset: size += RecordHeader.byteCount
            case .number: size += Self.baseRecordSize
            }
        }
        return size
    }

    /// Bytes of a record that says what the log is at, with the number of its batch.
    static let baseRecordSize = RecordHeader.size(payloadLength: 8)

    mutating func encode(_ entry: Entry) {
        precondition(
            entry.index == tip.id.index.next && entry.term >= tip.id.term,
            "entry \(entry.id) does not follow \(tip.id)"
        )
        precondition(
            entry.payloadElsewhere ? entry.payload.isEmpty : entry.follows(tip.chain),
            "entry \(entry.id) has chain value \(entry.chain), not one after \(tip.chain)"
        )
        let offset = start + bytes.count
        let header = RecordHeader(
            kind: .entry(entry.kind),
            id: entry.id,
            chain: entry.chain,
            payloadLength: entry.payload.count,
            continues: entry.continues,
            payloadElsewhere: entry.payloadElsewhere
        )
        header.encode(into: &bytes, key: key, offset: offset)
        bytes.append(contentsOf: entry.payload)
        bytes.appendZeros(header.size - RecordHeader.byteCount - entry.payload.count)
        changes.append(.appended(entry.id, entry.kind, entry.chain, offset: UInt32(offset)))
        tip.id = entry.id
        tip.chain = entry.chain
    }

    mutating func encodeTruncation(to id: EntryID, _ chain: ChainValue) {
        precondition(id <= tip.id, "the log ends at \(tip.id): nothing to cut after \(id)")
        encodeState(.truncate, id, chain)
        changes.append(.truncated(id, chain))
    }

    mutating func encodeReset(to id: EntryID, _ chain: ChainValue) {
        encodeState(.reset, id, chain)
        changes.append(.reset(id, chain))
    }

    /// The log is at this entry here, and the batch has this number.
    mutating func encodeSkip(to id: EntryID, _ chain: ChainValue, batch: UInt64) {
        precondition(batch > tip.batch, "batch \(batch) after batch \(tip.batch)")
        if (id, chain) != (tip.id, tip.chain) { changes.append(.skipped(id, chain)) }
        tip = LogTip(id: id, chain: chain, batch: batch - 1)
        encodeTip(.skip)
    }

    /// The entry at `index` where this batch added it or went back to it.
    func identity(at index: LogIndex) -> (EntryID, ChainValue)? {
        for change in changes.reversed() {
            switch change {
            case .appended(let id, _, let chain, _), .truncated(let id, let chain), .reset(let id, let chain),
                .skipped(let id, let chain):
                if id.index == index { return (id, chain) }
            case .spoiled: break
            }
        }
        return nil
    }

    /// Ends the batch.
    mutating func encodeMark(_ kind: CommitMark.Kind) {
        tip.batch += 1
        CommitMark(kind: kind, sequence: tip.batch, batchStart: start, last: tip.id, chain: tip.chain)
            .encode(into: &bytes, key: key, offset: start + bytes.count)
    }

    /// Bytes of zero behind the mark, over what a failed write may have left there.
    mutating func encodeZeros(_ count: Int) {
        bytes.appendZeros(count)
    }

    private mutating func encodeState(_ kind: RecordHeader.Kind, _ id: EntryID, _ chain: ChainValue) {
        RecordHeader(kind: kind, id: id, chain: chain, payloadLength: 0)
            .encode(into: &bytes, key: key, offset: start + bytes.count)
        tip.id = id
        tip.chain = chain
    }

    private mutating func encodeTip(_ kind: RecordHeader.Kind) {
        let header = RecordHeader(kind: kind, id: tip.id, chain: tip.chain, payloadLength: 8)
        var payload: [UInt8] = []
        payload.append(littleEndian: tip.batch + 1)
        header.encode(into: &bytes, key: key, offset: start + bytes.count, controlPayload: payload)
        bytes.append(contentsOf: payload)
    }
}
