/// The odd one out stops: every entry's chain value names the whole history up to it, and heartbeats compare them. A
/// node with another history than a majority of the voters takes nothing, gives nothing and serves nothing any more.
///
/// Histories are compared wherever both sides have the same entry (index and term) and still know its chain value. As
/// long as nobody else's value decides between two that differ, the leader spreads nothing: whoever took its entries
/// would be no independent witness any more.
extension RaftNode {
    /// Why this node must not be believed: another history was seen, and stopped it or is yet to be judged.
    package var historyDifference: HistoryDifference? { stopped ?? doubt?.difference ?? leadersDoubt }

    /// Of a follower: where its history was found to differ from the leader's, and the term of that leader.
    struct Doubt: Hashable, Sendable {
        let difference: HistoryDifference
        let term: Term

        /// As the leader named it.
        var mark: HistoryMark { HistoryMark(entry: difference.entry, chain: difference.there) }
    }

    /// Entries of an earlier epoch, after its fork, may have the index and term of others in this one. Whoever is a
    /// member has cut them off when it came over; nobody else can tell.
    var mayCompare: Bool { !isJoining || isMember }

    // MARK: The follower compares

    /// How the history here compares with the one that the leader's mark names.
    func compare(_ mark: HistoryMark?) -> Heartbeat.Comparison {
        var comparison = Heartbeat.Comparison()
        guard let mark, mayCompare else { return comparison }
        guard mark.entry.index <= log.lastIndex else {
            comparison.end = HistoryMark(entry: log.lastEntry, chain: log.lastChain)
            return comparison
        }
        guard log.contains(mark.entry), let own = log.chain(at: mark.entry.index) else { return comparison }
        if own == mark.chain {
            comparison.equalThrough = mark.entry.index
        } else {
            comparison.different = mark
            comparison.own = own
        }
        return comparison
    }

    /// Where an append shows another history than this node's; nil where it goes on from it, or where nobody can tell.
    func difference(in request: AppendEntries) -> HistoryMark? {
        guard mayCompare else { return nil }
        let previous = request.previousChain.map { HistoryMark(entry: request.previous, chain: $0) }
        if let previous, compare(previous).different != nil { return previous }
        return request.entries.lazy.map { HistoryMark(entry: $0.id, chain: $0.chain) }
            .first { compare($0).different != nil }
    }

    /// Compares, and draws the consequences.
    mutating func compareHistory(with leader: NodeID, _ request: Heartbeat) -> Heartbeat.Comparison {
        var comparison = compare(request.mark)
        if let equal = comparison.equalThrough, let doubt, doubt.mark.entry.index <= equal { self.doubt = nil }
        if let mark = comparison.different { note(mark, of: leader, verdict: request.verdict) }
        // Seen in an append, where the leader can't know of it.
        if comparison.different == nil, let doubt, doubt.term == term, doubt.difference.peer == leader {
            comparison.different = doubt.mark
            comparison.own = doubt.difference.here
        }
        return comparison
    }

    /// The leader of this term has another history.
    mutating func note(_ mark: HistoryMark, of leader: NodeID, verdict: HistoryVerdict) {
        guard let here = log.chain(at: mark.entry.index) else { return }
        let difference = HistoryDifference(
            peer: leader,
            entry: mark.entry,
            here: here,
            there: mark.chain,
            verdict: verdict
        )
        guard verdict == .open else { return stop(difference) }
        if let doubt, doubt.term == term, doubt.mark.entry <= mark.entry { return }
        doubt = Doubt(difference: difference, term: term)
    }

    /// From now on nothing is taken, given or served here.
    private mutating func stop(_ difference: HistoryDifference) {
        stopped = difference
        giveUpTransfer()
        becomeFollower()
        forgetOutbound()
    }

    /// A node that stopped says what it has to whoever compares, so that they know why it is silent.
    mutating func answerStopped(
        _ request: RPCRequest,
        from sender: NodeID,
        _ theirs: Epoch,
        token: ReplyToken
    ) {
        guard case .heartbeat(let heartbeat) = request, theirs == epoch else { return dropped.append(token) }
        let reply = Heartbeat.Reply(
            term: heartbeat.term,
            round: heartbeat.round,
            history: compare(heartbeat.mark)
        )
        announcements.append(.reply(.heartbeat(reply), to: sender, token: token))
    }

    // MARK: The leader asks

    /// What a peer's history is to be compared with: what it is known to have, or where that is not known, what this
    /// leadership began with or has committed. Where it differs, the last that another voter is known to share, to find
    /// out who is right.
    func historyMark(for peer: Progress, in leading: Leadership) -> HistoryMark? {
        if let different = peer.history.different { return lowerMark(for: peer, of: leading.peers) ?? different }
        return mark(at: min(peer.match, commit)) ?? mark(at: max(commit, leading.termStart.previous))
    }

    private func lowerMark(for peer: Progress, of peers: [Progress]) -> HistoryMark? {
        guard let different = peer.history.different else { return nil }
        let others = peers.filter { $0.id != peer.id && $0.isVoter }.compactMap(\.history.agreedThrough)
        return others.filter { $0 < different.entry.index && $0 > peer.history.equalThrough ?? .zero }.max()
            .flatMap(mark(at:))
    }

    private func mark(at index: LogIndex) -> HistoryMark? {
        guard index > .zero, let term = log.term(at: index), let chain = log.chain(at: index) else { return nil }
        return HistoryMark(entry: EntryID(term: term, index: index), chain: chain)
    }

    /// What the voters' chain values say of this node's at `index`.
    ///
    /// - Parameter peer: the one to be judged, whatever it once had.
    func verdict(at index: LogIndex, against peer: NodeID, of peers: [Progress]) -> HistoryVerdict {
        let others = peers.count { $0.id != peer && $0.isVoter && $0.history.agreedThrough ?? .zero >= index }
        let agreeing = others + (isVoter ? 1 : 0)
        if agreeing >= quorum { return .majority }
        return membership.voters.count - agreeing < quorum ? .nobody : .open
    }

    // MARK: The leader judges

    /// Takes note of how a peer's history compares with this node's, which leads.
    mutating func note(_ comparison: Heartbeat.Comparison, of place: Int) {
        if let equal = comparison.equalThrough { leadership?.peers[place].history.equal(through: equal) }
        if let end = comparison.end, log.contains(end.entry), let own = log.chain(at: end.entry.index) {
            if own == end.chain {
                leadership?.peers[place].history.equal(through: end.entry.index)
            } else {
                let mark = HistoryMark(entry: end.entry, chain: own)
                leadership?.peers[place].history.differs(at: mark, there: end.chain)
            }
        }
        if let different = comparison.different, let there = comparison.own, log.contains(different.entry) {
            leadership?.peers[place].history.differs(at: different, there: there)
        }
        stopIfOutvoted()
    }

    /// So many voters differ from this node that no majority can agree with it.
    private mutating func stopIfOutvoted() {
        let differing = leadership?.peers.filter { $0.isVoter && $0.history.different != nil } ?? []
        guard let first = differing.first, membership.voters.count - differing.count < quorum,
            let difference = difference(from: first, differing.count >= quorum ? .majority : .nobody)
        else { return }
        let lastWords = lastHeartbeats()
        stop(difference)
        announcements += lastWords
    }

    /// For those who have to stop as well, and would wait for this node to say so.
    private func lastHeartbeats() -> [Outbound] {
        guard var leading = leadership else { return [] }
        return leading.peers.indices.compactMap { place in
            let peer = leading.peers[place]
            guard let mark = peer.history.different,
                verdict(at: mark.entry.index, against: peer.id, of: leading.peers) != .open
            else { return nil }
            return heartbeat(to: place, of: &leading)
        }
    }

    private func difference(from peer: Progress, _ verdict: HistoryVerdict) -> HistoryDifference? {
        guard let mark = peer.history.different, let there = peer.history.there else { return nil }
        return HistoryDifference(peer: peer.id, entry: mark.entry, here: mark.chain, there: there, verdict: verdict)
    }

    /// A voter has another history than this node, which leads, and nobody has decided between them.
    var leadersDoubt: HistoryDifference? {
        guard let peers = leadership?.peers else { return nil }
        for peer in peers where peer.isVoter {
            guard let mark = peer.history.different,
                verdict(at: mark.entry.index, against: peer.id, of: peers) == .open
            else { continue }
            return difference(from: peer, .open)
        }
        return nil
    }
}

/// How a peer's history compares with the leader's.
struct HistoryStanding: Hashable, Sendable {
    /// Up to here it was the same.
    private(set) var equalThrough: LogIndex?
    /// The leader's mark that does not name what the peer has; and its chain value there.
    private(set) var different: HistoryMark?
    private(set) var there: ChainValue?

    /// Up to where it speaks for the leader's history: not at all where it differs.
    var agreedThrough: LogIndex? { different == nil ? equalThrough : nil }

    mutating func equal(through index: LogIndex) {
        equalThrough = max(equalThrough ?? .zero, index)
        guard let different, different.entry.index <= index else { return }
        self.different = nil
        there = nil
    }

    mutating func differs(at mark: HistoryMark, there chain: ChainValue) {
        if let equalThrough, equalThrough >= mark.entry.index { self.equalThrough = nil }
        if let different, different.entry.index <= mark.entry.index { return }
        different = mark
        there = chain
    }
}
