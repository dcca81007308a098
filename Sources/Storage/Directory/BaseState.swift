package import Raft

/// What a log that no longer begins with entry 1 goes on from: everything its removed entries have brought about.
package struct BaseState: Hashable, Sendable {
    /// The last entry folded into it.
    package var entry: EntryID
    /// The chain value of that entry.
    package var chain: ChainValue
    /// Who belonged to the cluster after that entry, and its epoch, as `MembershipCoding` writes them.
    package var membership: [UInt8]
    /// The replicated state machine after that entry, in a coding of its own.
    package var state: [UInt8]

    package init(
        entry: EntryID,
        chain: ChainValue,
        membership: [UInt8],
        state: [UInt8]
    ) {
        self.entry = entry
        self.chain = chain
        self.membership = membership
        self.state = state
    }

    /// The state that another node's log goes on from.
    package init(_ snapshot: Snapshot, cluster: ClusterID) {
        self.init(
            entry: snapshot.last,
            chain: snapshot.chain,
            membership: MembershipCoding.encode(snapshot.membership, cluster: cluster),
            state: snapshot.state
        )
    }
}
