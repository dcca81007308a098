/// Names one entry for ever: no two entries of a cluster share term and index (Raft §5.3, Log Matching).
///
/// Ordered by term, then index: the comparison by which voters decide whose log is more up to date (Raft §5.4.1).
package struct EntryID: Hashable, Comparable, Sendable {
    package var term: Term
    package var index: LogIndex

    package init(term: Term, index: LogIndex) {
        self.term = term
        self.index = index
    }

    /// The place before the first entry.
    package static let zero = EntryID(term: .zero, index: .zero)

    package static func < (left: EntryID, right: EntryID) -> Bool {
        (left.term, left.index) < (right.term, right.index)
    }
}

extension EntryID: CustomStringConvertible {
    /// `term.index`, for example `4.17`.
    package var description: String { "\(term).\(index)" }
}
