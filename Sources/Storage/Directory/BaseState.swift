package import Raft

/// What a log that no longer begins with entry 1 goes on from: everything its removed entries have brought about.
package struct BaseState: Hashable, Sendable {
    /// Counts the times a pair of nodes, or what is left of a cluster, was told to go on alone.
    package struct Epoch: Hashable, Sendable {
        package var number: UInt64
        /// Random: two epochs of one number that differ here were begun apart.
        package var id: UInt64

        package init(number: UInt64, id: UInt64) {
            self.number = number
            self.id = id
        }

        package static let zero = Epoch(number: 0, id: 0)
    }

    /// The last entry folded into it.
    package var entry: EntryID
    /// The chain value of that entry.
    package var chain: ChainValue
    /// Who belonged to the cluster after that entry, as `MembershipCoding` writes it.
    package var membership: [UInt8]
    package var epoch: Epoch
    /// The replicated state machine after that entry, in a coding of its own.
    package var state: [UInt8]

    package init(
        entry: EntryID,
        chain: ChainValue,
        membership: [UInt8],
        epoch: Epoch = .zero,
        state: [UInt8]
    ) {
        self.entry = entry
        self.chain = chain
        self.membership = membership
        self.epoch = epoch
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
