/// How a node stands, for people and monitoring. Nothing is decided by it.
package struct Status: Hashable, Sendable {
    package struct Peer: Hashable, Sendable {
        package var id: NodeID
        /// Up to here its disk holds what the leader's holds.
        package var match: LogIndex
        /// The next entry to send to it.
        package var next: LogIndex
        /// Heard from within the election timeout, and not refused since.
        package var isAtHand: Bool
        package var lastContact: Instant?
        /// Its machine said that nobody listens there.
        package var isRefused: Bool
        /// Its log ends before the leader's begins: it needs a copy of the leader's base.
        package var lacksBase: Bool
        /// The backup of a pair with a witness, while the leader goes on without it.
        package var isOut: Bool
        /// Another history than the leader's was found there.
        package var historyDiffers: Bool
    }

    package var role: RaftElection.Role
    package var term: Term
    package var leader: NodeID?
    package var commit: LogIndex
    /// Handed out to be applied.
    package var applied: LogIndex
    package var last: EntryID
    package var durable: LogIndex
    /// Leads, and has committed an entry of its own term: reads are answered.
    package var isLeaderReady: Bool
    /// Leads a pair with a witness, and its backup is out: what is committed now is on this node's disk alone.
    package var isDegraded: Bool
    /// The entry that brought the membership in force; in force even before it is committed.
    package var membershipIndex: LogIndex
    package var epoch: Epoch
    /// Why this node stopped for good.
    package var divergence: Divergence?
    /// The member that told this node of its removal.
    package var removedBy: NodeID?
    /// Another history than this node's was found: it stopped for good, or nothing it has may be served until it is
    /// known whose is right.
    package var historyDifference: HistoryDifference?
    /// Proposals appended here and not yet settled.
    package var pendingProposals: Int
    /// The other members as the leader sees them; empty on others.
    package var peers: [Peer]
}

extension RaftNode {
    package var role: RaftElection.Role { election.role }

    /// The leader of the current term, as far as known; itself when leading.
    package var leader: NodeID? { election.leader }

    /// Whether this node leads and is handing over: it takes no proposals.
    package var isTransferring: Bool { leadership != nil && transfer != nil }

    package var status: Status {
        Status(
            role: election.role,
            term: term,
            leader: election.leader,
            commit: commit,
            applied: handedOut,
            last: log.lastEntry,
            durable: log.durableIndex,
            isLeaderReady: isLeaderReady,
            isDegraded: leadership?.backup?.isOut ?? false,
            membershipIndex: memberships.latest.index,
            epoch: epoch,
            divergence: divergence,
            removedBy: removedBy,
            historyDifference: historyDifference,
            pendingProposals: proposals.count,
            peers: leadership?.peers.map(statusPeer) ?? []
        )
    }

    private func statusPeer(_ peer: Progress) -> Status.Peer {
        Status.Peer(
            id: peer.id,
            match: peer.match,
            next: peer.next,
            isAtHand: isAtHand(peer),
            lastContact: peer.lastContact,
            isRefused: peer.isRefused,
            lacksBase: peer.phase == .lacking,
            isOut: peer.id == leadership?.backup?.id && leadership?.backup?.isOut == true,
            historyDiffers: peer.history.different != nil
        )
    }
}
