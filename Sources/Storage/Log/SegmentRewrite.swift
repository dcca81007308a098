import Raft

/// A segment that holds the same share of the log as one that was damaged, written anew. Pure.
struct SegmentRewrite {
    private(set) var header: SegmentHeader
    /// Everything up to where zeros begin.
    private(set) var content: [UInt8]
    /// Where each entry's record stands.
    private(set) var offsets: [UInt32]
    /// The state of the log at its end.
    private(set) var tip: LogTip

    /// What goes into it.
    struct Parts {
        var header: SegmentHeader
        /// The state of the log where the segment begins.
        var start: LogTip
        /// The entry before the first one.
        var before: (id: EntryID, chain: ChainValue)
        var entries: [Entry]
        /// The state of the log where the segment ends.
        var end: LogTip
        /// The entry before the first one of the whole log.
        var base: EntryID
        /// No other segment follows.
        var isLast: Bool
    }

    init(_ parts: Parts) {
        header = parts.header
        tip = parts.start
        content = parts.header.encoded()
        offsets = []
        guard parts.end != parts.start else { return }
        var encoder = BatchEncoder(
            key: header.key,
            start: SegmentHeader.byteCount,
            tip: parts.start,
            buffer: []
        )
        Self.encodeJump(from: parts, into: &encoder)
        for entry in parts.entries { encoder.encode(entry) }
        if (encoder.tip.id, encoder.tip.chain) != (parts.end.id, parts.end.chain) {
            encoder.encodeSkip(to: parts.end.id, parts.end.chain, batch: parts.end.batch)
        }
        encoder.encodeMark(parts.isLast ? .commit : .continued)
        tip = encoder.tip
        content += encoder.bytes
        for case .appended(_, _, _, let offset) in encoder.changes { offsets.append(offset) }
        if parts.isLast { encodeSeal() }
        let needed = content.count + (parts.isLast ? CommitMark.byteCount : 0)
        if needed > header.capacity {
            header.capacity = (needed + 4095) & ~4095
            content.replaceSubrange(0..<SegmentHeader.byteCount, with: header.encoded())
        }
    }

    /// From where the segment begins to where its entries do, or, without any, to its end; and to the number of its one
    /// batch.
    private static func encodeJump(from parts: Parts, into encoder: inout BatchEncoder) {
        let start = parts.start
        let target = parts.entries.isEmpty ? (parts.end.id, parts.end.chain) : (parts.before.id, parts.before.chain)
        if parts.end.batch != start.batch + 1 {
            encoder.encodeSkip(to: start.id, start.chain, batch: parts.end.batch)
        }
        guard target != (start.id, start.chain) else { return }
        if target.0 == parts.base {
            encoder.encodeReset(to: target.0, target.1)
        } else if target.0 < start.id, target.0.index < start.id.index {
            encoder.encodeTruncation(to: target.0, target.1)
        } else {
            encoder.encodeSkip(to: target.0, target.1, batch: parts.end.batch)
        }
    }

    /// Lets damage to the one batch be told from a torn write.
    private mutating func encodeSeal() {
        var encoder = BatchEncoder(key: header.key, start: content.count, tip: tip, buffer: [])
        encoder.encodeMark(.seal)
        tip = encoder.tip
        content += encoder.bytes
    }
}
