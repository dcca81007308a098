/// Something that cannot happen while every node keeps its promises: a node that sees it stops at once rather than
/// spread the damage. Never retried; an operator has to look.
package struct Fault: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// A leader's log contradicts an entry this node knows to be committed.
        case committedEntryConflicts
        /// A leader says that entries are committed which this node acknowledged and no longer has.
        case acknowledgedEntriesMissing
        /// Two nodes lead in the same term.
        case twoLeaders
        /// The node was a witness, without messages, and is to hold them now.
        case payloadsMissing
        /// The log on disk holds a term above the one in the vote file: the vote file is an old copy.
        case hardStateOlderThanLog
    }

    package var code: Code
    /// A sentence with the state that was seen and what to do.
    package var explanation: String

    package init(code: Code, explanation: String) {
        self.code = code
        self.explanation = explanation
    }
}

extension Fault: CustomStringConvertible {
    package var description: String { "\(code.rawValue): \(explanation)" }
}
