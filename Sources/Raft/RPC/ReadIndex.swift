/// A follower asks its leader from which index on a read sees everything that was acknowledged before the question
/// (dissertation §6.4).
package struct ReadIndex: Hashable, Sendable {
    package var term: Term
    /// The follower's own number for this question. The reply repeats it; no question ever has an earlier one's.
    package var round: UInt64

    package init(term: Term, round: UInt64) {
        self.term = term
        self.round = round
    }

    package struct Reply: Hashable, Sendable {
        package var term: Term
        package var round: UInt64
        /// What was committed when the question came, given once a quorum has confirmed the leader since; nil from a
        /// node that cannot tell.
        package var index: LogIndex?

        package init(term: Term, round: UInt64, index: LogIndex?) {
            self.term = term
            self.round = round
            self.index = index
        }
    }
}
