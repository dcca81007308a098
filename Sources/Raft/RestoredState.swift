/// What a node finds on its disk when it starts. All of it is durable: the shell syncs what it read before it makes a
/// node of it.
package struct RestoredState: Hashable, Sendable {
    package var hardState: HardState
    package var cluster: ClusterID
    /// The membership at the base: nobody, before a log's first entry.
    package var membership: Membership
    /// Those of the membership entries after the base, oldest first.
    package var laterMemberships: [MembershipVersion]
    /// The entry directly before the log's first one; `.zero` while nothing was folded away.
    package var base: EntryID
    package var baseChain: ChainValue
    /// The terms of the entries after the base, oldest first: one element for each stretch of one term.
    package var termRuns: [TermRun]
    /// The last entry on disk; the base where there is none. Always the end of a batch.
    package var lastIndex: LogIndex
    /// Everything up to here was applied before the start, so it is committed. In `base.index...lastIndex`.
    package var applied: LogIndex
    /// The highest entry known to be committed, where more is known than what was applied. At most `lastIndex`.
    package var committed: LogIndex
    /// The chain values of the entries `applied...lastIndex`, both included: what follows `applied` may yet be
    /// replaced,
    /// and what replaces it has to follow one of these.
    package var chains: [ChainValue]

    package init(
        hardState: HardState,
        cluster: ClusterID,
        membership: Membership,
        laterMemberships: [MembershipVersion],
        base: EntryID = .zero,
        baseChain: ChainValue = .empty,
        termRuns: [TermRun],
        lastIndex: LogIndex,
        applied: LogIndex,
        committed: LogIndex = .zero,
        chains: [ChainValue]
    ) {
        precondition(
            base.index <= applied && applied <= lastIndex,
            "applied \(applied) is outside \(base.index)...\(lastIndex)"
        )
        precondition(committed <= lastIndex, "committed \(committed) is beyond \(lastIndex)")
        precondition(
            chains.count == applied.distance(to: lastIndex) + 1,
            "\(chains.count) chain values for the entries \(applied)...\(lastIndex)"
        )
        precondition(
            (termRuns.first?.firstIndex ?? lastIndex.next) == base.index.next,
            "the term runs do not start after the base"
        )
        let indexes = laterMemberships.map(\.index)
        precondition(
            indexes.allSatisfy { $0 > base.index && $0 <= lastIndex },
            "memberships of \(indexes), outside \(base.index)...\(lastIndex)"
        )
        self.hardState = hardState
        self.cluster = cluster
        self.membership = membership
        self.laterMemberships = laterMemberships
        self.base = base
        self.baseChain = baseChain
        self.termRuns = termRuns
        self.lastIndex = lastIndex
        self.applied = applied
        self.committed = committed
        self.chains = chains
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
