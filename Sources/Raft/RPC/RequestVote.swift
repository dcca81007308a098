/// A candidate asks for a vote, or whether it would get one (Raft §5.2, §5.4.1; dissertation §9.6 for pre-vote).
package struct RequestVote: Hashable, Sendable {
    /// The term the candidate campaigns for: in a pre-vote the one it would take, without having taken it.
    package var term: Term
    package var isPreVote: Bool
    package var lastEntry: EntryID
    /// The leader itself asked for this campaign: that it is well is no reason to refuse (dissertation §4.2.3, end).
    package var isTransfer: Bool

    package init(term: Term, isPreVote: Bool, lastEntry: EntryID, isTransfer: Bool = false) {
        self.term = term
        self.isPreVote = isPreVote
        self.lastEntry = lastEntry
        self.isTransfer = isTransfer
    }

    package struct Reply: Hashable, Sendable {
        /// The voter's own term, which a refused candidate learns from; a granted pre-vote echoes the request's term.
        package var term: Term
        package var isPreVote: Bool
        package var granted: Bool

        package init(term: Term, isPreVote: Bool, granted: Bool) {
            self.term = term
            self.isPreVote = isPreVote
            self.granted = granted
        }
    }
}
