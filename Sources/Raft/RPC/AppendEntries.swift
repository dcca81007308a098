/// A leader sends entries (Raft §5.3). Heartbeats are an RPC of their own.
package struct AppendEntries: Hashable, Sendable {
    package var term: Term
    /// The entry directly before `entries`.
    package var previous: EntryID
    /// The leader's chain value there; nil where it no longer knows it.
    package var previousChain: ChainValue?
    /// Contiguous from `previous.index + 1`; never ends inside a batch. Empty as a probe.
    package var entries: [Entry]
    package var commit: LogIndex

    package init(
        term: Term,
        previous: EntryID,
        previousChain: ChainValue? = nil,
        entries: [Entry],
        commit: LogIndex
    ) {
        self.term = term
        self.previous = previous
        self.previousChain = previousChain
        self.entries = entries
        self.commit = commit
    }

    package struct Reply: Hashable, Sendable {
        package enum Outcome: Hashable, Sendable {
            /// Every entry up to `match` is on the follower's disk and equals the leader's. `match` is what this
            /// request proved: `previous.index + entries.count`, no more.
            case accepted(match: LogIndex)
            /// `previous` is not in the follower's log. Where it has an entry at or below that index that could match,
            /// `hint` is the last one: the greatest index ≤ `previous.index` whose term is ≤ `previous.term`, so that
            /// the leader skips a whole term a round trip (Raft §5.3, end). `rejected` is the index refused.
            case conflict(rejected: LogIndex, hint: EntryID)
        }

        package var term: Term
        package var outcome: Outcome

        package init(term: Term, outcome: Outcome) {
            self.term = term
            self.outcome = outcome
        }
    }
}
