/// Counts the times an operator told one node to go on alone. All that follows is of that epoch, and nodes of different
/// epochs do not hear each other: so nobody who knows less can form a majority with one who knows more.
///
/// Part of the membership, so that it is in the log, in the state a log begins with, and in what new members are sent.
package struct Epoch: Hashable, Sendable {
    package var number: UInt64
    /// Random: of two epochs of one number that differ here, each was begun without the other.
    package var id: UInt64
    /// The id of the epoch in which the node was promoted.
    package var parent: UInt64
    /// The last entry that both have: after it the parent's log is not this one's.
    package var fork: LogIndex

    package init(number: UInt64, id: UInt64, parent: UInt64, fork: LogIndex) {
        self.number = number
        self.id = id
        self.parent = parent
        self.fork = fork
    }

    /// As the cluster was formed.
    package static let initial = Epoch(number: 0, id: 0, parent: 0, fork: .zero)

    package func isChild(of other: Epoch) -> Bool {
        number > 0 && number - 1 == other.number && parent == other.id
    }

    func child(id: UInt64, fork: LogIndex) -> Epoch {
        Epoch(number: number + 1, id: id, parent: self.id, fork: fork)
    }
}

/// Why a node stopped for good: another one and it have both gone on, each without the other.
package struct Divergence: Hashable, Sendable {
    package var peer: NodeID
    package var epoch: Epoch
    /// Set where this node was not promoted, but has entries up to here that may have been acknowledged, and the
    /// other's log goes another way.
    package var holding: LogIndex?

    package init(peer: NodeID, epoch: Epoch, holding: LogIndex?) {
        self.peer = peer
        self.epoch = epoch
        self.holding = holding
    }
}
