/// A leader says that it is alive, how far the follower's log is committed, and asks to be confirmed as leader; both
/// compare their histories.
package struct Heartbeat: Hashable, Sendable {
    package var term: Term
    /// `min(match of this follower, commit)`: never beyond what the follower is known to hold.
    package var commit: LogIndex
    /// Counts the leader's rounds within its term. The reply repeats it: reads wait for a round begun after them
    /// (dissertation §6.4), made by the leader and used once, so no old reply can answer for it.
    package var round: UInt64
    /// Of the leader's log, to be compared; nil where it no longer knows the chain value of anything that fits.
    package var mark: HistoryMark?
    /// What is known of the other voters' chain values there.
    package var verdict: HistoryVerdict

    package init(
        term: Term,
        commit: LogIndex,
        round: UInt64,
        mark: HistoryMark? = nil,
        verdict: HistoryVerdict = .open
    ) {
        self.term = term
        self.commit = commit
        self.round = round
        self.mark = mark
        self.verdict = verdict
    }

    package struct Reply: Hashable, Sendable {
        package var term: Term
        package var round: UInt64
        package var history: Comparison

        package init(term: Term, round: UInt64, history: Comparison = Comparison()) {
            self.term = term
            self.round = round
            self.history = history
        }
    }

    /// How a follower's history compares with the leader's. Nothing is set where it can't tell.
    package struct Comparison: Hashable, Sendable {
        /// Up to here both are the same.
        package var equalThrough: LogIndex?
        /// The leader's mark, in this heartbeat or in an append of its term, that doesn't name what is here.
        package var different: HistoryMark?
        /// The follower's own chain value there.
        package var own: ChainValue?
        /// The end of the follower's log, which has not come to the leader's mark.
        package var end: HistoryMark?

        package init() {}
    }
}
