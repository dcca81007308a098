/// The state of everything after applying the log up to one committed entry: what a log whose beginning was removed
/// starts from.
package struct Snapshot: Hashable, Sendable {
    /// The last entry that is part of it.
    package var last: EntryID
    /// The chain value at that entry.
    package var chain: ChainValue
    /// The membership at that entry; never one that was not yet committed (E5).
    package var membership: Membership
    /// The replicated state machine's own bytes; Raft never looks inside.
    package var state: [UInt8]

    package init(last: EntryID, chain: ChainValue, membership: Membership, state: [UInt8]) {
        self.last = last
        self.chain = chain
        self.membership = membership
        self.state = state
    }
}
