import Raft

/// Where every entry of the log stands: four bytes an entry.
struct LogPositions: Sendable {
    /// One segment's share of the log: contiguous entries, since a truncation cuts only tails.
    struct Segment: Sendable {
        var file: SegmentFile
        /// The state of the log where the segment begins.
        var start: LogTip
        /// Index of the entry at `offsets[0]`; without entries, the index the next one will have.
        var first: LogIndex
        /// Where the entries' records are; `nowhere` for one whose record can't be read.
        var offsets: [UInt32] = []
        /// Where the last committed batch ends.
        var end: Int
        /// The first place where not all bytes are what was written there.
        var damagedAt: Int?
        /// Where it cut off entries of the segments before: the last one it kept.
        var cut: SegmentSummary.Cut?
        /// All that it did to the log was to cut off entries and to add some.
        var isPlain = true

        var bytesLeft: Int { file.header.capacity - end }

        /// The index behind its last entry.
        var next: LogIndex { first.advanced(by: offsets.count) }
    }

    /// A stretch of entries to read in one go.
    struct Span: Sendable {
        var file: SegmentFile
        var first: LogIndex
        var offsets: [UInt32]
        /// Bytes end here at the latest.
        var end: Int

        var length: Int { end - Int(offsets[0]) }
    }

    static let nowhere = UInt32.max

    var summary = LogSummary.empty
    var segments: [Segment] = []
    /// Entries whose content can't be read. Never served.
    var unreadable = IndexRanges()
    /// The content of the next entry can't be checked: the chain value before it is not known.
    var suspectsNext = false
    /// Changes with every truncation and reset: what was read under another generation may be void.
    private(set) var generation: UInt64 = 0
    /// What came up to this entry is of no interest.
    private var floor: (id: EntryID, chain: ChainValue)

    /// - Parameter floor: the base of the log, where it has one.
    init(floor: (EntryID, ChainValue) = (.zero, .empty)) {
        self.floor = (floor.0, floor.1)
    }

    /// Starts with another base than the beginning; only before anything else happens.
    mutating func begin(after base: EntryID, _ chain: ChainValue) {
        precondition(summary.last == .zero, "the log already holds entries up to \(summary.last)")
        summary = LogSummary(emptyAfter: base, chain)
    }

    /// Goes on in this segment.
    mutating func add(_ file: SegmentFile, start: LogTip) {
        if let last = segments.indices.last {
            // It grows no more: give back what growing took ahead.
            segments[last].offsets = Array(segments[last].offsets[...])
        }
        segments.append(
            Segment(file: file, start: start, first: summary.last.index.next, end: SegmentHeader.byteCount)
        )
        if (start.id, start.chain) == (summary.last, summary.lastChain) { suspectsNext = false }
    }

    /// Takes in one batch of the last segment, which ends at `end`.
    mutating func apply(_ changes: [LogChange], end: Int) {
        for change in changes {
            switch change {
            case .appended(let id, let kind, let chain, let offset):
                summary.append(id, kind, chain)
                place(offset, of: id.index)
                if suspectsNext { unreadable.insert(id.index...id.index) }
                suspectsNext = false
            case .truncated(let id, let chain):
                truncate(to: id, chain)
                noteCut(to: id, chain)
            case .reset(let id, let chain): reset(to: id, chain)
            case .skipped(let id, let chain):
                skip(to: id, chain)
                segments[segments.count - 1].isPlain = false
            case .spoiled(let index):
                unreadable.insert(index...index)
                segments[segments.count - 1].isPlain = false
            }
        }
        segments[segments.count - 1].end = end
    }

    /// Forgets everything and goes on after this entry.
    mutating func reset(to id: EntryID, _ chain: ChainValue) {
        generation += 1
        suspectsNext = false
        for position in segments.indices {
            segments[position].first = id.index.next
            segments[position].offsets = []
            segments[position].isPlain = false
        }
        unreadable = IndexRanges()
        summary = LogSummary(emptyAfter: id, chain)
    }

    /// Entries up to this one, which the log holds or starts after, are no longer of it.
    mutating func trim(to id: EntryID, _ chain: ChainValue) {
        summary.trim(to: id, chain)
        unreadable.trim(through: id.index)
    }

    /// The log is at this entry, and what led there can't be read. Where the log held the entry before, or one in its
    /// place, nobody can tell which.
    mutating func skip(to id: EntryID, _ chain: ChainValue) {
        if id.index < floor.id.index { return reset(to: id, chain) }
        if id.index == floor.id.index { return reset(to: floor.id, floor.chain) }
        if summary.last.index < floor.id.index { reset(to: floor.id, floor.chain) }
        if id.index > summary.last.index {
            let missing = summary.last.index.next...id.index
            for index in missing { place(Self.nowhere, of: index) }
            unreadable.insert(missing)
            summary.skip(to: id, chain)
        } else {
            truncate(to: id, chain)
            unreadable.insert(id.index...id.index)
        }
        suspectsNext = true
    }

    /// These entries, contiguous and of the log, are known now.
    mutating func fill(_ entries: ArraySlice<Entry>) {
        summary.fill(entries)
        guard let first = entries.first?.index, let last = entries.last?.index else { return }
        unreadable.remove(first...last)
    }

    private mutating func place(_ offset: UInt32, of index: LogIndex) {
        let current = segments.count - 1
        if segments[current].offsets.isEmpty { segments[current].first = index }
        segments[current].offsets.append(offset)
    }

    mutating func truncate(to id: EntryID, _ chain: ChainValue) {
        generation += 1
        for position in segments.indices.reversed() where segments[position].first > id.index {
            segments[position].first = id.index.next
            segments[position].offsets = []
        }
        if let last = segments.lastIndex(where: { $0.first <= id.index }) {
            let kept = segments[last].first.distance(to: id.index) + 1
            segments[last].offsets.removeLast(max(0, segments[last].offsets.count - kept))
        }
        unreadable.truncate(after: id.index)
        summary.truncate(to: id, chain)
        suspectsNext = id.index > summary.base.index && record(of: id.index) == nil
    }
}
