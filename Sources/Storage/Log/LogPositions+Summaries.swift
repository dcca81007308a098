import Raft

extension LogPositions {
    /// What the last segment does to the log, which has just gone on in another; nil where that can't be said of it in
    /// a summary, or not all of it is known any more.
    ///
    /// - Parameter tip: the state of the log at its end.
    func summarizeLast(tip: LogTip) -> SegmentSummary? {
        guard let segment = segments.last, segment.isPlain, segment.damagedAt == nil, !suspectsNext else { return nil }
        let before = segment.cut?.id.index ?? segment.start.id.index
        guard before >= summary.base.index, (tip.id, tip.chain) == (summary.last, summary.lastChain) else { return nil }
        let held = before < tip.id.index ? before.next...tip.id.index : nil
        guard held?.count ?? 0 == segment.offsets.count, held.map({ unreadable.first(in: $0) == nil }) ?? true else {
            return nil
        }
        return SegmentSummary(
            header: segment.file.header,
            start: segment.start,
            tip: tip,
            end: segment.end,
            cut: segment.cut,
            offsets: segment.offsets,
            termRuns: held.map { summary.termRuns(of: $0) } ?? [],
            membershipIndexes: held.map { held in summary.membershipIndexes.filter { held.contains($0) } } ?? []
        )
    }

    /// Takes in all that the last segment holds, which was just added, as its summary says.
    mutating func take(_ segment: SegmentSummary) {
        let current = segments.count - 1
        precondition(
            segment.start.id.index == summary.last.index && segments[current].offsets.isEmpty,
            "a segment that begins at \(segment.start.id) behind \(summary.last)"
        )
        if let cut = segment.cut {
            truncate(to: cut.id, cut.chain)
            segments[current].cut = cut
        }
        segments[current].end = segment.end
        guard !segment.offsets.isEmpty else { return }
        let first = segment.before.next
        if suspectsNext { unreadable.insert(first...first) }
        suspectsNext = false
        segments[current].first = first
        segments[current].offsets = segment.offsets
        summary.append(segment)
    }

    /// The log was cut in the segment it is in.
    mutating func noteCut(to id: EntryID, _ chain: ChainValue) {
        let current = segments.count - 1
        guard segments[current].offsets.isEmpty, id.index <= segments[current].start.id.index else { return }
        segments[current].cut = SegmentSummary.Cut(id: id, chain: chain)
    }
}
