import Raft

/// Where every entry of the log stands: four bytes an entry.
struct LogPositions: Sendable {
    /// One segment's share of the log: contiguous entries, since a truncation cuts only tails.
    struct Segment: Sendable {
        var file: SegmentFile
        /// Index of the entry at `offsets[0]`; without entries, the index the next one will have.
        var first: LogIndex
        var offsets: [UInt32] = []
        /// Where the last committed batch ends.
        var end: Int

        var bytesLeft: Int { file.header.capacity - end }
    }

    /// A stretch of entries to read in one go.
    struct Span: Sendable {
        var file: SegmentFile
        var first: LogIndex
        var offsets: [UInt32]
        /// Bytes end here at the latest.
        var end: Int
    }

    private(set) var summary = LogSummary.empty
    private(set) var segments: [Segment] = []
    /// Changes with every truncation and reset: what was read under another generation may be void.
    private(set) var generation: UInt64 = 0

    /// Starts with another base than the beginning; only before anything else happens.
    mutating func begin(after base: EntryID, _ chain: ChainValue) {
        precondition(summary.last == .zero, "the log already holds entries up to \(summary.last)")
        summary = LogSummary(emptyAfter: base, chain)
    }

    /// Goes on in this segment.
    mutating func add(_ file: SegmentFile) {
        if let last = segments.indices.last {
            // It grows no more: give back what growing took ahead.
            segments[last].offsets = Array(segments[last].offsets[...])
        }
        segments.append(Segment(file: file, first: summary.last.index.next, end: SegmentHeader.byteCount))
    }

    /// Takes in one batch of the last segment, which ends at `end`.
    mutating func apply(_ changes: [LogChange], end: Int) {
        for change in changes {
            switch change {
            case .appended(let id, let kind, let chain, let offset): append(id, kind, chain, offset)
            case .truncated(let id, let chain): truncate(to: id, chain)
            case .reset(let id, let chain): reset(to: id, chain)
            }
        }
        segments[segments.count - 1].end = end
    }

    /// Entries up to this one, which the log holds or starts after, are no longer of it.
    mutating func trim(to id: EntryID, _ chain: ChainValue) {
        summary.trim(to: id, chain)
    }

    /// The oldest segment, where nothing in it is of the log any more and it isn't the last.
    var emptied: SegmentFile? {
        guard segments.count > 1 else { return nil }
        let oldest = segments[0]
        let isEmpty =
            oldest.offsets.isEmpty || oldest.first.advanced(by: oldest.offsets.count) <= summary.base.index.next
        return isEmpty ? oldest.file : nil
    }

    /// The segment that is `emptied` was removed.
    mutating func removeEmptied() {
        segments.removeFirst()
    }

    /// Where entries from `index` on stand, in one segment, as many as fit into `bytesMax` but at least one.
    /// The caller has checked that the log holds `index...through`.
    func span(from index: LogIndex, through: LogIndex, bytesMax: Int) -> Span {
        let segment = segments[position(of: index)]
        let start = segment.first.distance(to: index)
        let available = min(segment.offsets.count - start, index.distance(to: through) + 1)
        let limit = Int(segment.offsets[start]) + bytesMax
        var low = 1
        var high = available
        while low < high {
            let middle = (low + high + 1) / 2
            if end(of: start + middle - 1, in: segment) <= limit { low = middle } else { high = middle - 1 }
        }
        return Span(
            file: segment.file,
            first: index,
            offsets: Array(segment.offsets[start..<start + low]),
            end: end(of: start + low - 1, in: segment)
        )
    }

    private func end(of place: Int, in segment: Segment) -> Int {
        place + 1 < segment.offsets.count ? Int(segment.offsets[place + 1]) : segment.end
    }

    /// The segment that holds the entry at `index`.
    private func position(of index: LogIndex) -> Int {
        var low = 0
        var high = segments.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if segments[middle].first <= index { low = middle } else { high = middle }
        }
        while segments[low].offsets.isEmpty { low -= 1 }
        precondition(
            index >= segments[low].first && segments[low].first.distance(to: index) < segments[low].offsets.count,
            "no segment holds entry \(index) of \(summary)"
        )
        return low
    }

    private mutating func append(_ id: EntryID, _ kind: Entry.Kind, _ chain: ChainValue, _ offset: UInt32) {
        summary.append(id, kind, chain)
        let current = segments.count - 1
        if segments[current].offsets.isEmpty { segments[current].first = id.index }
        segments[current].offsets.append(offset)
    }

    private mutating func truncate(to id: EntryID, _ chain: ChainValue) {
        generation += 1
        for position in segments.indices.reversed() where segments[position].first > id.index {
            segments[position].first = id.index.next
            segments[position].offsets = []
        }
        if let last = segments.lastIndex(where: { $0.first <= id.index }) {
            let kept = segments[last].first.distance(to: id.index) + 1
            segments[last].offsets.removeLast(max(0, segments[last].offsets.count - kept))
        }
        summary.truncate(to: id, chain)
    }

    /// Forgets everything and goes on after this entry.
    mutating func reset(to id: EntryID, _ chain: ChainValue) {
        generation += 1
        for position in segments.indices {
            segments[position].first = id.index.next
            segments[position].offsets = []
        }
        summary = LogSummary(emptyAfter: id, chain)
    }
}
