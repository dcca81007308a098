/// Epochs: who is heard, who has to follow, and who has to stop.
extension RaftNode {
    /// Of this node's log, or the one it is about to take over.
    package var epoch: Epoch {
        guard let joining, joining.number > membership.epoch.number else { return membership.epoch }
        return joining
    }

    /// Whether a crash leaves this node in its epoch. A promotion that is not on the disk yet is nobody's business: who
    /// heard of it would stop for one that there may never have been.
    package var isEpochDurable: Bool {
        epoch != membership.epoch || memberships.membership(at: log.durableIndex).epoch == membership.epoch
    }

    /// Whether what this node has on its disk says the same. Until then nothing that its leader has committed is: back
    /// in the former epoch after a crash, it might be another entry that is committed there.
    var isEpochOnDisk: Bool { !isJoining && isEpochDurable }

    /// Follows a leader of a later epoch than its log speaks of. Whoever is a voter by that log may not campaign.
    var isJoining: Bool { epoch != membership.epoch }

    /// Whether a request may be answered, by the epoch of its sender, who is a member.
    mutating func mayHear(_ request: RPCRequest, from sender: NodeID, in theirs: Epoch) -> Bool {
        guard !hasStopped else { return false }
        if theirs == epoch { return true }
        guard theirs.number >= epoch.number, isHeardAcrossEpochs(request) else { return false }
        // It can't judge anybody: it has read nothing yet of when it was taken in.
        guard isMember else { return join(theirs) }
        guard theirs.isChild(of: epoch) else {
            diverge(from: sender, theirs)
            return false
        }
        // Never removed: what somebody was told, or may have been, to be safe.
        guard commit <= theirs.fork, log.lastIndex <= theirs.fork || memberships.takesAllVoters(commit: commit) else {
            diverge(from: sender, theirs, holding: log.lastIndex)
            return false
        }
        return join(theirs)
    }

    /// A member answered that it is of this epoch.
    mutating func hear(_ theirs: Epoch, from sender: MemberIdentity) {
        guard membership.recognises(sender), !hasStopped, isApart(theirs) else { return }
        diverge(from: sender.id, theirs)
    }

    /// Begun without this node's epoch: both were promoted, or this node missed more than one promotion.
    private func isApart(_ theirs: Epoch) -> Bool {
        theirs.number >= epoch.number && theirs != epoch && !theirs.isChild(of: epoch)
    }

    var isMember: Bool { memberships.inForce(commit: commit).contains { $0.membership.recognises(identity) } }

    /// Only a leader shows that somebody went on.
    private func isHeardAcrossEpochs(_ request: RPCRequest) -> Bool {
        switch request {
        case .appendEntries, .heartbeat, .installSnapshot: true
        case .requestVote, .timeoutNow, .readIndex: false
        }
    }

    /// From now on this node hears nobody of its former epoch. What its log has after the fork was never acknowledged,
    /// for that takes the other one too; and there, entries of both epochs may have equal terms.
    private mutating func join(_ theirs: Epoch) -> Bool {
        becomeFollower()
        forgetOutbound()
        if isMember {
            truncateLog(after: theirs.fork)
            for pending in proposals.popOrphaned(after: theirs.fork) { settled.append(.overwritten(pending.ticket)) }
        }
        joining = theirs
        return true
    }

    /// What was said in one epoch is not sent in the next: there, a leader of the last would be believed.
    mutating func forgetOutbound() {
        for outbound in announcements + promises {
            if case .reply(_, _, let token) = outbound { dropped.append(token) }
        }
        announcements.removeAll()
        promises.removeAll()
    }

    mutating func diverge(from peer: NodeID, _ theirs: Epoch, holding last: LogIndex? = nil) {
        divergence = Divergence(peer: peer, epoch: theirs, holding: last)
        giveUpTransfer()
        becomeFollower()
    }
}
