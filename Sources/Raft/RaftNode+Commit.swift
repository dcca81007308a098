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
        let change = memberships.latest.index
        guard change > commit, log.term(at: change) == term, let former = memberships.previous?.membership,
            former.quorum == former.voters.count, former.epoch == membership.epoch
        else { return true }
        return former.voters.filter { $0.kind == .voter }.allSatisfy { voter in
            leading.place(of: voter.id).map { leading.peers[$0].match >= min(index, change) } ?? true
        }
    }

    mutating func advanceCommit(to index: LogIndex) {
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
