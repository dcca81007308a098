package import Raft

/// What a log holds.
package struct LogSummary: Hashable, Sendable {
    /// The entry before the first one held; `.zero` where the log starts at index 1.
    package var base: EntryID
    package var baseChain: ChainValue
    /// The last entry; equal to `base` where the log is empty.
    package var last: EntryID
    package var lastChain: ChainValue
    /// Terms of the entries held, first to last; of those whose records can be read, where there is damage.
    package var termRuns: [TermRun]
    /// Where entries of kind `membership` are among those held, oldest first; of those whose records can be read.
    package var membershipIndexes: [LogIndex]

    package static let empty = LogSummary(emptyAfter: .zero, .empty)

    /// An empty log that goes on after this entry.
    package init(emptyAfter base: EntryID, _ chain: ChainValue) {
        self.base = base
        baseChain = chain
        last = base
        lastChain = chain
        termRuns = []
        membershipIndexes = []
    }

    /// The term of the entry at `index`, held or the one before the first; nil for any other.
    package func term(at index: LogIndex) -> Term? {
        if index == base.index { return base.term }
        guard index > base.index, index <= last.index else { return nil }
        var low = 0
        var high = termRuns.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if termRuns[middle].firstIndex <= index { low = middle } else { high = middle }
        }
        return termRuns.isEmpty ? nil : termRuns[low].term
    }

    // MARK: Keeping it right

    /// One more entry, directly after the last.
    mutating func append(_ id: EntryID, _ kind: Entry.Kind, _ chain: ChainValue) {
        precondition(id.index == last.index.next, "entry \(id) does not follow \(last)")
        if termRuns.last?.term != id.term { termRuns.append(TermRun(firstIndex: id.index, term: id.term)) }
        if kind == .membership { membershipIndexes.append(id.index) }
        last = id
        lastChain = chain
    }

    /// What a segment adds, directly after the last.
    mutating func append(_ segment: SegmentSummary) {
        for run in segment.termRuns where run.term != termRuns.last?.term { termRuns.append(run) }
        membershipIndexes += segment.membershipIndexes
        last = segment.tip.id
        lastChain = segment.tip.chain
    }

    /// The runs of terms of these entries, which the log holds.
    func termRuns(of range: ClosedRange<LogIndex>) -> [TermRun] {
        var runs = term(at: range.lowerBound).map { [TermRun(firstIndex: range.lowerBound, term: $0)] } ?? []
        runs += termRuns.filter { $0.firstIndex > range.lowerBound && $0.firstIndex <= range.upperBound }
        return runs
    }

    /// The log now ends at this entry, beyond the last, though those between are not known.
    mutating func skip(to id: EntryID, _ chain: ChainValue) {
        last = id
        lastChain = chain
    }

    /// These entries, contiguous and of the log, are known now.
    mutating func fill(_ entries: ArraySlice<Entry>) {
        guard let first = entries.first?.index, let end = entries.last?.index else { return }
        let termBehind = term(at: end.next)
        var runs = termRuns.filter { $0.firstIndex < first }
        let behind = termRuns.filter { $0.firstIndex > end.next }
        for entry in entries where runs.last?.term != entry.term {
            runs.append(TermRun(firstIndex: entry.index, term: entry.term))
        }
        if let term = termBehind, runs.last?.term != term { runs.append(TermRun(firstIndex: end.next, term: term)) }
        termRuns = runs + behind
        membershipIndexes.removeAll { first <= $0 && $0 <= end }
        membershipIndexes += entries.filter { $0.kind == .membership }.map(\.index)
        membershipIndexes.sort()
    }

    /// The log now ends at this entry, also where that is before its base.
    mutating func truncate(to id: EntryID, _ chain: ChainValue) {
        while let run = termRuns.last, run.firstIndex > id.index { termRuns.removeLast() }
        while let index = membershipIndexes.last, index > id.index { membershipIndexes.removeLast() }
        if id.index < base.index {
            base = id
            baseChain = chain
        }
        last = id
        lastChain = chain
    }

    /// Entries up to this one, which the log holds or starts after, are no longer of it.
    mutating func trim(to id: EntryID, _ chain: ChainValue) {
        let first = id.index.next
        if let run = termRuns.lastIndex(where: { $0.firstIndex <= first }) {
            termRuns.removeFirst(run)
            termRuns[0].firstIndex = first
        }
        if id.index == last.index { termRuns = [] }
        membershipIndexes.removeAll { $0 < first }
        base = id
        baseChain = chain
    }
}
