package import Raft

/// What one record does to the log.
enum LogChange: Hashable, Sendable {
    /// An entry was added; its record stands at `offset` of the segment.
    case appended(EntryID, ChainValue, offset: UInt32)
    /// The log now ends at this entry.
    case truncated(EntryID, ChainValue)
    /// The log is empty and goes on after this entry.
    case reset(EntryID, ChainValue)
}

/// One part of a batch handed to `SegmentedLog.append`.
package enum LogStep: Sendable {
    /// Adds entries, contiguous, directly after what the log holds then.
    case append([Entry])
    /// Removes every entry above this index, which the log holds or starts after.
    case truncate(after: LogIndex)
    /// Forgets every entry and goes on after this one: a snapshot has replaced what was here.
    case reset(EntryID, ChainValue)
}

/// What a log holds.
package struct LogSummary: Hashable, Sendable {
    /// The entry before the first one held; `.zero` where the log starts at index 1.
    package var base: EntryID
    package var baseChain: ChainValue
    /// The last entry; equal to `base` where the log is empty.
    package var last: EntryID
    package var lastChain: ChainValue
    /// Terms of the entries held, first to last.
    package var termRuns: [TermRun]

    package static let empty = LogSummary(
        base: .zero,
        baseChain: .empty,
        last: .zero,
        lastChain: .empty,
        termRuns: []
    )

    package init(base: EntryID, baseChain: ChainValue, last: EntryID, lastChain: ChainValue, termRuns: [TermRun]) {
        self.base = base
        self.baseChain = baseChain
        self.last = last
        self.lastChain = lastChain
        self.termRuns = termRuns
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
        return termRuns[low].term
    }
}
