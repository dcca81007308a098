/// What a node must never forget: its term and its vote in it, one durable record (Raft figure 2, persistent state).
package struct HardState: Hashable, Sendable {
    package var term: Term
    package var vote: NodeID?

    package init(term: Term, vote: NodeID?) {
        self.term = term
        self.vote = vote
    }

    package static let initial = HardState(term: .zero, vote: nil)
}
