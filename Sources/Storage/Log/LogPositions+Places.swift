import Raft

extension LogPositions {
    /// Where entries from `index` on stand, in one segment, as many as fit into `bytesMax` but at least one.
    /// The caller has checked that the log holds `index...through`, and that all of them can be read.
    func span(from index: LogIndex, through: LogIndex, bytesMax: Int) -> Span {
        let segment = segments[place(of: index)]
        let start = segment.first.distance(to: index)
        let available = min(segment.offsets.count - start, index.distance(to: through) + 1)
        let origin = Int(segment.offsets[start])
        var low = 1
        var high = available
        while low < high {
            let middle = (low + high + 1) / 2
            // Not the sum: `bytesMax` may be anything.
            if end(of: start + middle - 1, in: segment) - origin <= bytesMax { low = middle } else { high = middle - 1 }
        }
        return Span(
            file: segment.file,
            first: index,
            offsets: Array(segment.offsets[start..<start + low]),
            end: end(of: start + low - 1, in: segment)
        )
    }

    /// Where the record of the entry at `index` stands, which the log holds; nil where it can't be read.
    func record(of index: LogIndex) -> (SegmentFile, offset: Int)? {
        let segment = segments[place(of: index)]
        let offset = segment.offsets[segment.first.distance(to: index)]
        return offset == Self.nowhere ? nil : (segment.file, Int(offset))
    }

    /// What is known of the entry at `index`, which the log holds, where its record can't be read: the segment behind
    /// it says at its beginning what it goes on from.
    func identityBehindGap(at index: LogIndex) -> (EntryID, ChainValue)? {
        guard let next = segments.first(where: { $0.first == index.next && !$0.offsets.isEmpty }),
            next.start.id.index == index
        else { return nil }
        return (next.start.id, next.start.chain)
    }

    /// The oldest segment, where nothing in it is of the log any more and it isn't the last.
    var emptied: SegmentFile? {
        guard segments.count > 1 else { return nil }
        let oldest = segments[0]
        return oldest.offsets.isEmpty || oldest.next <= summary.base.index.next ? oldest.file : nil
    }

    /// The segment that is `emptied` was removed.
    mutating func removeEmptied() {
        segments.removeFirst()
    }

    /// The segment that holds the entry at `index`.
    func place(of index: LogIndex) -> Int {
        var low = 0
        var high = segments.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if segments[middle].first <= index { low = middle } else { high = middle }
        }
        while segments[low].offsets.isEmpty { low -= 1 }
        precondition(
            index >= segments[low].first && index < segments[low].next,
            "no segment holds entry \(index) of \(summary)"
        )
        return low
    }

    private func end(of place: Int, in segment: Segment) -> Int {
        let behind = segment.offsets[(place + 1)...].first { $0 != Self.nowhere }
        return behind.map { Int($0) } ?? segment.end
    }

    // MARK: Damage

    /// The entries of this segment that are of the log; nil where none is.
    func range(of segment: Segment) -> ClosedRange<LogIndex>? {
        let first = max(segment.first, summary.base.index.next)
        return first < segment.next ? first...segment.next.previous : nil
    }

    /// What can't be read, segment by segment.
    var damage: [Damage] {
        segments.flatMap { segment -> [Damage] in
            let ranges = range(of: segment).map { held in
                unreadable.ranges.filter { $0.overlaps(held) }.map { $0.clamped(to: held) }
            }
            guard let ranges, !ranges.isEmpty else {
                return segment.damagedAt.map { [Damage(file: segment.file.path, offset: $0)] } ?? []
            }
            return ranges.map { Damage(file: segment.file.path, offset: place(of: $0, in: segment), entries: $0) }
        }
    }

    /// What is wrong where the entry at `index` stands, which the log holds.
    func damage(at index: LogIndex) -> Damage {
        let segment = segments[place(of: index)]
        return Damage(file: segment.file.path, offset: place(of: index...index, in: segment), entries: index...index)
    }

    /// Something in the segment with this number can't be read; `entries` of it neither.
    mutating func note(damageAt offset: Int, ofSegment sequence: UInt64, entries: ClosedRange<LogIndex>?) {
        guard let position = segments.firstIndex(where: { $0.file.header.sequence == sequence }) else { return }
        segments[position].damagedAt = min(segments[position].damagedAt ?? offset, offset)
        if let entries { unreadable.insert(entries) }
    }

    /// This segment was written anew and holds these entries now.
    mutating func replace(_ place: Int, with file: SegmentFile, _ rewrite: SegmentRewrite, _ entries: [Entry]) {
        segments[place].file = file
        segments[place].offsets = rewrite.offsets
        segments[place].first = entries.first?.index ?? segments[place].first
        segments[place].end = rewrite.content.count
        segments[place].damagedAt = nil
        fill(entries[...])
    }

    private func place(of range: ClosedRange<LogIndex>, in segment: Segment) -> Int {
        let offset = segment.offsets[segment.first.distance(to: range.lowerBound)]
        return offset == Self.nowhere ? segment.damagedAt ?? segment.end : Int(offset)
    }
}
