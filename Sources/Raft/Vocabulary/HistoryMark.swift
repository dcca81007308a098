/// An entry and the chain value there: the name of everything up to it. Whoever has the same entry has the same
/// history, for Raft never gives one index and term to two entries (§5.3, Log Matching); where the chain values differ
/// all the same, one of them has changed what it was given.
package struct HistoryMark: Hashable, Sendable {
    package var entry: EntryID
    package var chain: ChainValue

    package init(entry: EntryID, chain: ChainValue) {
        self.entry = entry
        self.chain = chain
    }
}

/// What the voters' chain values at an entry say, as far as the leader has heard them.
package enum HistoryVerdict: String, Hashable, Sendable {
    /// Too few have been heard.
    case open
    /// A majority has the same one.
    case majority
    /// No majority can have the same one any more: in a pair, whose two nodes differ, nobody can tell who is right.
    case nobody
}

/// Two members whose histories differ.
package struct HistoryDifference: Hashable, Sendable {
    /// The other one.
    package var peer: NodeID
    package var entry: EntryID
    /// The chain value at `entry` on this node, and on the other.
    package var here: ChainValue
    package var there: ChainValue
    /// What became of it: with any other than `open` this node has stopped for good. `majority`: it is the odd one out.
    package var verdict: HistoryVerdict

    package init(peer: NodeID, entry: EntryID, here: ChainValue, there: ChainValue, verdict: HistoryVerdict) {
        self.peer = peer
        self.entry = entry
        self.here = here
        self.there = there
        self.verdict = verdict
    }
}
