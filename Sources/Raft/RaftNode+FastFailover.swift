/// What a refused connection tells: nobody listens there, the process is gone. Without it a dead leader is only missed
/// after the election timeout. Pre-vote keeps it safe: a campaign too many disturbs nobody.
extension RaftNode {
    mutating func refused(by peer: NodeID) {
        switch election.role {
        case .leader:
            if let place = leadership?.place(of: peer) { leadership?.peers[place].refuse() }
        case .follower:
            guard election.leader == peer else { return }
            election.forgetLeader()
            guard mayCampaign else { return }
            // At most as long as an election may take; after that the ordinary pace goes on.
            election.hurry(
                for: draw(below: settings.refusedLeaderDelayMax),
                until: now + settings.electionTimeout * 2,
                now: now
            )
        case .preCandidate: hurryAfterRefusal()
        case .candidate: break
        }
    }

    /// In a fast failover the other voters may not have missed the leader yet, or two may have campaigned at once: try
    /// again soon.
    mutating func hurryAfterRefusal() {
        guard election.isHurried(now: now) else { return }
        election.retry(in: drawPreVoteRetry(), now: now)
    }

    mutating func drawPreVoteRetry() -> Duration {
        settings.refusedPreVoteRetry + draw(below: settings.refusedPreVoteRetry)
    }

    /// A request, or the answer to one, did not arrive.
    mutating func lost(to peer: NodeID, lane: RPCRequest.Lane) {
        switch election.role {
        case .leader:
            guard lane == .append, let place = leadership?.place(of: peer) else { return }
            leadership?.peers[place].loseFlights()
        case .preCandidate: hurryAfterRefusal()
        case .follower, .candidate: break
        }
    }
}
