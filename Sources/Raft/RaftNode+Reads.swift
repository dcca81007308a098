/// Linearizable reads without writing: ReadIndex (dissertation §6.4).
extension RaftNode {
    mutating func read(_ ticket: Ticket) {
        guard let leadership else { return readThroughLeader(ticket) }
        guard hasQuorumAtHand else { return settled.append(.rejected(ticket, .noQuorum)) }
        guard !reads.isFull else { return settled.append(.rejected(ticket, .overloaded)) }
        // "The leader saves its current commit index in a local variable readIndex." D1: but never one from before its
        // own term's first entry, because only that one tells it what earlier leaders committed.
        reads.append(ReadQueue.Read(asker: .client(ticket), index: max(commit, leadership.termStart)))
    }

    /// "The leader needs to make sure it hasn’t been superseded by a newer leader of which it is unaware. It issues a
    /// new round of heartbeats and waits for their acknowledgments from a majority of the cluster."
    ///
    /// One round at a time: what arrives meanwhile shares the next.
    mutating func beginReadRound() {
        guard isLeaderReady, reads.wantsRound else { return }
        broadcastHeartbeat()
        guard let leadership else { return }
        reads.begin(leadership.round)
        confirmReads()
    }

    /// D2: rounds are counted by this leader in this term, so no answer to an earlier question fits a later one.
    mutating func confirmReads() {
        guard let leadership, let round = reads.round, leadersDoubt == nil else { return }
        let confirmed = leadership.peers.count { $0.isVoter && $0.confirmedRound >= round } + (isVoter ? 1 : 0)
        guard confirmed >= quorum else { return }
        // Who has not heard yet that a pair is none any more may be promoted as one of it.
        if let end = changeKeptBack(leadership), !end.isConfirmed(round, by: leadership) { return }
        for read in reads.confirmed(round) { answer(read.asker, read.index) }
    }

    /// D5: whoever leads now may have committed more.
    mutating func failReads() {
        for read in reads.removeAll() { answer(read.asker, nil) }
    }
}
