/// A leader says that it is alive, how far the follower's log is committed, and asks to be confirmed as leader.
package struct Heartbeat: Hashable, Sendable {
    package var term: Term
    /// `min(match of this follower, commit)`: never beyond what the follower is known to hold.
    package var commit: LogIndex
    /// Counts the leader's rounds within its term. The reply repeats it: reads wait for a round begun after them
    /// (dissertation §6.4), made by the leader and used once, so no old reply can answer for it.
    package var round: UInt64

    package init(term: Term, commit: LogIndex, round: UInt64) {
        self.term = term
        self.commit = commit
        self.round = round
    }

    package struct Reply: Hashable, Sendable {
        package var term: Term
        package var round: UInt64

        package init(term: Term, round: UInt64) {
            self.term = term
            self.round = round
        }
    }
}
