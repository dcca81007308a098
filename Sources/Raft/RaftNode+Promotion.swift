/// Lost quorums: an operator lets one node go on alone.
extension RaftNode {
    /// Nil where nobody could acknowledge without this node, so that it has everything. Else the entry up to where it
    /// is known to.
    package var mayLackAfter: LogIndex? { memberships.takesAllVoters(commit: commit) ? nil : commit }

    mutating func promote(_ ticket: Ticket, _ promotion: Promotion) {
        if let refusal = refusal(of: promotion) {
            return settled.append(.rejected(ticket, .promotion(refusal)))
        }
        giveUpTransfer()
        becomeFollower()
        forgetOutbound()
        election.becomeCandidate(timeout: drawElectionTimeout(), now: now)
        // It is elected by its own vote alone, which counts once it is on disk together with the new epoch. Before that
        // nothing is sent, and if the disk loses it nothing has happened.
        setHardState(HardState(term: term.next, vote: identity.id))
        let next = membership.left(to: identity.id, epoch: epoch.child(id: promotion.id, fork: log.lastIndex))
        appendMembership(next, for: ticket)
    }

    private func refusal(of promotion: Promotion) -> Promotion.Refusal? {
        if divergence != nil { return .diverged }
        if removedBy != nil { return .removed }
        if let leader = election.leader { return .leaderKnown(leader) }
        guard promotion.epoch == epoch.number else { return .otherEpoch(epoch.number) }
        guard mayCampaign, isVoter else { return .notAVoter }
        guard now >= leaderlessSince + settings.electionTimeout * 5 else { return .tooSoon }
        if !promotion.acceptsLoss, let last = mayLackAfter { return .mayLoseMessages(after: last) }
        return nil
    }

    private var leaderlessSince: Instant { max(election.leaderHeard, lastLed) }

    // MARK: The others come back

    /// Who voted before the promotion votes again once it has everything, one at a time.
    mutating func takeBackVoters() {
        for id in membership.returning {
            guard let next = try? membership(after: .promote(id)) else { continue }
            return appendMembership(next, for: nil)
        }
    }
}
