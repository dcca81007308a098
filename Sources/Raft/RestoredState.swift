/// What a node finds on its disk when it starts. All of it is durable: the shell syncs what it read before it makes a
/// node of it.
package struct RestoredState: Hashable, Sendable {
    package var hardState: HardState
    package var membership: Membership
    /// The entry directly before the log's first one; `.zero` while nothing was folded away.
    package var base: EntryID
    package var baseChain: ChainValue
    /// The terms of the entries after the base, oldest first: one element for each stretch of one term.
    package var termRuns: [TermRun]
    /// The last entry on disk; the base where there is none. Always the end of a batch.
    package var lastIndex: LogIndex
    /// Everything up to here was applied before the start, so it is committed. In `base.index...lastIndex`.
    package var applied: LogIndex
    /// The chain values of the entries `applied...lastIndex`, both included: what follows `applied` may yet be
    /// replaced,
    /// and what replaces it has to follow one of these.
    package var chains: [ChainValue]

    package init(
        hardState: HardState,
        membership: Membership,
        base: EntryID = .zero,
        baseChain: ChainValue = .empty,
        termRuns: [TermRun],
        lastIndex: LogIndex,
        applied: LogIndex,
        chains: [ChainValue]
    ) {
        precondition(
            base.index <= applied && applied <= lastIndex,
            "applied \(applied) is outside \(base.index)...\(lastIndex)"
        )
        precondition(
            chains.count == applied.distance(to: lastIndex) + 1,
            "\(chains.count) chain values for the entries \(applied)...\(lastIndex)"
        )
        precondition(
            (termRuns.first?.firstIndex ?? lastIndex.next) == base.index.next,
            "the term runs do not start after the base"
        )
        self.hardState = hardState
        self.membership = membership
        self.base = base
        self.baseChain = baseChain
        self.termRuns = termRuns
        self.lastIndex = lastIndex
        self.applied = applied
        self.chains = chains
    }

    /// A member of a fresh cluster: every member's log begins with this same entry, which nothing has applied yet.
    package static func formed(_ membership: Membership, first entry: Entry) -> RestoredState {
        precondition(entry.index == 1 && entry.follows(.empty), "entry \(entry.id) cannot be the first of a log")
        return RestoredState(
            hardState: HardState(term: entry.term, vote: nil),
            membership: membership,
            termRuns: [TermRun(firstIndex: 1, term: entry.term)],
            lastIndex: 1,
            applied: .zero,
            chains: [.empty, entry.chain]
        )
    }
}

/// A stretch of entries of one term: from `firstIndex` up to the next run, or to the end of the log.
package struct TermRun: Hashable, Sendable {
    package var firstIndex: LogIndex
    package var term: Term

    package init(firstIndex: LogIndex, term: Term) {
        self.firstIndex = firstIndex
        self.term = term
    }
}
