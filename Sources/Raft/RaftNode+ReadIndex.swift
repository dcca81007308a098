/// Linearizable reads on followers: the leader tells how far they must see (dissertation §6.4).
extension RaftNode {
    // MARK: The follower asks

    /// Whom this node's reads go to, while it follows a leader that it can reach. A witness holds nothing to read.
    private var readSource: ForwardedReads.Source? {
        guard let leader = election.leader, election.role == .follower, membership[leader] != nil, doubt == nil,
            membership[identity.id]?.kind != .witness
        else { return nil }
        return ForwardedReads.Source(leader: leader, term: term)
    }

    mutating func readThroughLeader(_ ticket: Ticket) {
        guard let source = readSource else {
            return settled.append(.rejected(ticket, .notLeader(leader: election.leader)))
        }
        if forwardedReads.source != source { failForwardedReads() }
        guard !forwardedReads.isFull else { return settled.append(.rejected(ticket, .overloaded)) }
        forwardedReads.append(ticket, for: source)
    }

    /// Called once a batch of events, so that reads which came together share a question.
    mutating func askForReadIndex() {
        guard let source = forwardedReads.source else { return }
        // D5: whoever leads now may have committed more.
        guard source == readSource else { return failForwardedReads() }
        guard let round = forwardedReads.question(now: now, patience: settings.heartbeatInterval) else { return }
        announcements.append(.request(.readIndex(ReadIndex(term: term, round: round)), to: source.leader))
    }

    private mutating func failForwardedReads() {
        for ticket in forwardedReads.removeAll() {
            settled.append(.rejected(ticket, .notLeader(leader: election.leader)))
        }
    }

    mutating func receive(_ reply: ReadIndex.Reply, from leader: NodeID) {
        if reply.term > term { return adopt(reply.term) }
        // A refusal needs no answer: the question is asked again, until this leader is followed no more.
        guard let index = reply.index else { return }
        let source = ForwardedReads.Source(leader: leader, term: reply.term)
        for ticket in forwardedReads.answered(reply.round, by: source) {
            settled.append(.readable(ticket, index))
        }
    }

    /// Drawn from the seed, but not from the numbers that time-outs are drawn from. Below 2^52: every reader of JSON
    /// takes it without loss.
    static func firstReadRound(seed: UInt64) -> UInt64 {
        var random = SplitMix64(seed: ~seed)
        return random.next(below: 1 << 52)
    }

    // MARK: The leader answers

    /// As for a read of its own: after a round of heartbeats begun since.
    mutating func receive(_ request: ReadIndex, from asker: NodeID, token: ReplyToken) {
        adopt(request.term)
        let question = ReadQueue.Asker.peer(asker, token, round: request.round)
        guard request.term == term, let leadership, mayRead(asker), hasQuorumAtHand, !reads.isFull else {
            return answer(question, nil)
        }
        reads.append(ReadQueue.Read(asker: question, index: max(commit, leadership.termStart)))
    }

    private func mayRead(_ asker: NodeID) -> Bool {
        guard let member = membership[asker] else { return false }
        return member.kind != .witness
    }

    /// Tells whoever asked for the read: `index`, or that this node cannot tell.
    mutating func answer(_ asker: ReadQueue.Asker, _ index: LogIndex?) {
        switch asker {
        case .client(let ticket):
            settled.append(index.map { .readable(ticket, $0) } ?? .rejected(ticket, .notLeader(leader: leader)))
        case .peer(let peer, let token, let round):
            let reply = ReadIndex.Reply(term: term, round: round, index: index)
            replyOnceTermIsDurable(.reply(.readIndex(reply), to: peer, token: token))
        }
    }
}
