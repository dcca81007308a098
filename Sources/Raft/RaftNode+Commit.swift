/// What is committed, and who leads since when.
extension RaftNode {
    mutating func becomeLeader() {
        let voted = election.grants
        election.becomeLeader(identity.id)
        doubt = nil
        // §5.3: "When a leader first comes to power, it initializes all nextIndex values to the index just after the
        // last one in its log". Who voted has just been heard.
        let next = log.lastIndex.next
        let peers = membership.members.filter { $0.id != identity.id }.map {
            Progress($0, next: next, lastContact: voted.contains($0.id) ? now : nil)
        }
        leadership = Leadership(
            peers: peers,
            termStart: next,
            backup: isVoter ? Leadership.backup(among: peers, settings: settings, now: now) : nil,
            nextHeartbeat: now,
            nextCommitNews: now
        )
        // §8: "each leader commit a blank no-op entry into the log at the start of its term".
        log.append(Entry(id: EntryID(term: term, index: next), kind: .noop, payload: [], after: log.lastChain))
        broadcastHeartbeat()
    }

    /// Whether an entry of this leadership's own term is committed.
    var isLeaderReady: Bool {
        guard let leadership else { return false }
        return commit >= leadership.termStart
    }

    /// Figure 2: "If there exists an N such that N > commitIndex, a majority of matchIndex[i] ≥ N, and log[N].term ==
    /// currentTerm: set commitIndex = N". A11: this node counts itself for what is on its own disk, like any other.
    mutating func advanceLeaderCommit() {
        guard let leadership else { return }
        var matches = leadership.peers.filter(\.isVoter).map(\.match)
        if isVoter { matches.append(log.durableIndex) }
        guard let agreed = Leadership.reached(by: quorum, matches) else { return }
        let reached = reachedByBoth(leadership) ?? agreed
        guard reached > commit, isOnFormerVoters(reached, leadership) else { return }
        // §5.4.2: "Raft never commits log entries from previous terms by counting replicas." A1, figure 8.
        guard log.term(at: reached) == term else { return }
        advanceCommit(to: reached)
    }

    /// A voter that every commit took may be promoted on the strength of that. So until it knows of the change that
    /// ends it, it has to have what is committed. Who is removed is not asked any more.
    private func isOnFormerVoters(_ index: LogIndex, _ leading: Leadership) -> Bool {
        guard let end = endOfAllVoters, !end.isKnown(to: leading, at: identity) else { return true }
        return end.isHeld(through: min(index, end.change), by: leading)
    }

    /// The change under way, where until it every commit took all voters, and with it can do without one of them.
    private var endOfAllVoters: EndOfAllVoters? {
        let change = memberships.latest.index
        guard change > commit, let former = memberships.previous?.membership,
            former.quorum == former.voters.count, former.epoch == membership.epoch
        else { return nil }
        let voters = membership.voters
        let takesThemStill = membership.quorum == voters.count && former.voters.allSatisfy(voters.contains)
        return takesThemStill ? nil : EndOfAllVoters(change: change, former: former)
    }

    /// The change that only those who voted before are sent, for not all of them are known to have it. So whoever else
    /// has it proves, also to a later leader, that they have.
    func changeKeptBack(_ leading: Leadership) -> EndOfAllVoters? {
        guard let end = endOfAllVoters, !end.isKnown(to: leading, at: identity) else { return nil }
        return end
    }

    /// What a leader said is committed; it says so again.
    mutating func learnCommit(_ index: LogIndex) {
        guard isEpochOnDisk else { return }
        advanceCommit(to: index)
    }

    private mutating func advanceCommit(to index: LogIndex) {
        precondition(index <= log.lastIndex, "entry \(index) cannot be committed: the log ends at \(log.lastEntry)")
        commit = max(commit, index)
    }

    /// The next range to apply: committed, and on this node's own disk (B6).
    mutating func takeCommitted() -> ClosedRange<LogIndex>? {
        let through = min(commit, log.durableIndex)
        guard through > handedOut else { return nil }
        defer { handedOut = through }
        return handedOut.next...through
    }
}

/// A change of a membership in which every commit took all voters: in a pair, and alone.
struct EndOfAllVoters: Hashable, Sendable {
    let change: LogIndex
    let former: Membership

    /// Whether everybody who voted before has the change, as far as a leader knows.
    func isKnown(to leading: Leadership, at leader: MemberIdentity) -> Bool {
        guard votedBefore(leader) else { return true }
        return isHeld(through: change, by: leading)
            || leading.peers.contains { !votedBefore($0.identity) && $0.match >= change }
    }

    func isHeld(through index: LogIndex, by leading: Leadership) -> Bool {
        leading.peers.allSatisfy { !votedBefore($0.identity) || $0.match >= index }
    }

    /// Whether everybody who voted before has confirmed that this leader leads: who has not may go on alone, as one
    /// that every commit takes.
    func isConfirmed(_ round: UInt64, by leading: Leadership) -> Bool {
        leading.peers.allSatisfy { !votedBefore($0.identity) || $0.confirmedRound >= round }
    }

    /// The last entry that this peer may be sent.
    func limit(for peer: Progress, _ limit: LogIndex) -> LogIndex {
        votedBefore(peer.identity) || peer.next > change ? limit : min(limit, change.previous)
    }

    /// With messages: a witness is never promoted.
    private func votedBefore(_ node: MemberIdentity) -> Bool {
        former.recognises(node) && former[node.id]?.kind == .voter
    }
}
