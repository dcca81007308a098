/// Heartbeats: the leader lives, so far is committed, and it asks to be confirmed.
extension RaftNode {
    // MARK: The leader's time

    var leaderDeadline: Instant {
        guard let leadership else { preconditionFailure("a \(election.role.rawValue) has no leader's deadline") }
        var deadline = min(leadership.nextHeartbeat, quorumContact + settings.electionTimeout)
        if leadership.peers.contains(where: { wantsCommitNews($0) }) {
            deadline = min(deadline, leadership.nextCommitNews)
        }
        deadline = min(deadline, transferDeadline ?? deadline)
        return min(deadline, backupDeadline(leadership) ?? deadline)
    }

    mutating func leaderDeadlineReached() {
        // Dissertation §6.2: "a leader steps down if an election timeout elapses without a successful round of
        // heartbeats to a majority of its cluster". C7: it also stops its heartbeats, so that others may be elected.
        if now >= quorumContact + settings.electionTimeout { return becomeFollower() }
        abortTransferWhenDue()
        guard let leadership, now >= leadership.nextHeartbeat else { return }
        if isDiskStalled { return becomeFollower() }
        broadcastHeartbeat()
    }

    /// The latest time since which a quorum, this node included, acknowledged this leadership.
    private var quorumContact: Instant {
        var contacts = leadership?.peers.filter(\.isVoter).map { $0.lastContact ?? .zero } ?? []
        if isVoter { contacts.append(now) }
        return Leadership.reached(by: quorum, contacts) ?? .zero
    }

    /// C10: others have on disk what this node cannot write: it is the one with the bad disk. Four times the timeout,
    /// because one slow write is no reason to change the leader.
    private var isDiskStalled: Bool {
        guard let oldest = log.oldestWrite, isOvertaken else { return false }
        return now >= oldest + settings.electionTimeout * 4
    }

    /// Whether others could go on without this node's disk: a quorum has committed what is not on it; in a pair with a
    /// witness, which commits nothing without it, the backup can be elected and has more.
    private var isOvertaken: Bool {
        if commit > log.durableIndex { return true }
        guard let leadership, let backup = leadership.backup, case .in = backup.phase,
            let place = leadership.place(of: backup.id), isAtHand(leadership.peers[place]),
            leadership.peers.contains(where: { $0.kind == .witness && isAtHand($0) })
        else { return false }
        return leadership.peers[place].match > log.durableIndex
    }

    mutating func broadcastHeartbeat() {
        guard var leading = leadership else { return }
        leading.round += 1
        leading.nextHeartbeat = now + settings.heartbeatInterval
        for place in leading.peers.indices { announcements.append(heartbeat(to: place, of: &leading)) }
        leadership = leading
    }

    func heartbeat(to place: Int, of leading: inout Leadership) -> Outbound {
        let peer = leading.peers[place]
        // A3: what the follower is not known to hold may differ there.
        let known = min(peer.match, commit)
        leading.peers[place].toldCommit = max(peer.toldCommit, known)
        var heartbeat = Heartbeat(term: term, commit: known, round: leading.round)
        if let mark = historyMark(for: peer, in: leading) {
            heartbeat.mark = mark
            heartbeat.verdict = verdict(at: mark.entry.index, against: peer.id, of: leading.peers)
        }
        return .request(.heartbeat(heartbeat), to: peer.id)
    }

    // MARK: Commit news

    /// Followers learn what is committed from the next append. When there is none, from a heartbeat of its own, so that
    /// reads on backups are fresh: at most five times in a heartbeat interval.
    mutating func sendCommitNews() {
        guard var leading = leadership, now >= leading.nextCommitNews else { return }
        var sentAny = false
        for place in leading.peers.indices where wantsCommitNews(leading.peers[place]) {
            announcements.append(heartbeat(to: place, of: &leading))
            sentAny = true
        }
        if sentAny { leading.nextCommitNews = now + settings.heartbeatInterval / 5 }
        leadership = leading
    }

    private func wantsCommitNews(_ peer: Progress) -> Bool {
        peer.kind != .witness && !peer.isRefused && !peer.isPaused && peer.toldCommit < min(peer.match, commit)
    }

    // MARK: The follower answers

    mutating func receive(_ request: Heartbeat, from leader: NodeID, token: ReplyToken) {
        guard request.term >= term else { return answer(request, Heartbeat.Comparison(), to: leader, token: token) }
        adopt(request.term)
        follow(leader)
        guard fault == nil else { return }
        guard request.commit <= log.lastIndex else {
            return halt(
                .acknowledgedEntriesMissing,
                "leader \(leader) counts this node for entry \(request.commit), but its log ends at \(log.lastEntry)"
            )
        }
        let history = compareHistory(with: leader, request)
        if history.different == nil { learnCommit(request.commit) }
        answer(request, history, to: leader, token: token)
    }

    /// Promises nothing about this node's log, so it need not wait for a slow disk; but our term must be on it.
    private mutating func answer(
        _ request: Heartbeat,
        _ history: Heartbeat.Comparison,
        to leader: NodeID,
        token: ReplyToken
    ) {
        let reply = Heartbeat.Reply(term: term, round: request.round, history: history)
        replyOnceTermIsDurable(.reply(.heartbeat(reply), to: leader, token: token))
    }

    // MARK: The leader counts

    mutating func receive(_ reply: Heartbeat.Reply, from peer: NodeID) {
        if reply.term > term { return adopt(reply.term) }
        // A round that was never begun cannot have been answered.
        guard reply.term == term, let leading = leadership, reply.round <= leading.round,
            let place = leading.place(of: peer)
        else { return }
        note(reply.history, of: place)
        guard let peers = leadership?.peers else { return }
        if let different = peers[place].history.different {
            // One that has stopped, or is about to, counts for nothing. One that may yet be right has been heard, or
            // this node would give up its office for want of a quorum, and nobody would find out.
            guard verdict(at: different.entry.index, against: peer, of: peers) == .open else { return }
            leadership?.peers[place].heard(now: now)
            return
        }
        leadership?.peers[place].heard(now: now)
        leadership?.peers[place].confirmed(reply.round)
        leadership?.peers[place].recoverIfStalled(for: settings.electionTimeout * 2, now: now)
        confirmReads()
    }
}
