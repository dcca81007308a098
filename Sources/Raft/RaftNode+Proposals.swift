/// Clients' entries: taken, appended, settled.
extension RaftNode {
    mutating func propose(_ proposal: Proposal) {
        precondition(!proposal.payloads.isEmpty, "proposal \(proposal.ticket.rawValue) is empty")
        let bytes = proposal.payloads.reduce(0) { $0 + $1.count + Entry.overhead }
        if let rejection = rejection(of: proposal, bytes: bytes) {
            return settled.append(.rejected(proposal.ticket, rejection))
        }
        let first = log.lastIndex.next
        append(proposal.payloads)
        proposals.append(
            PendingProposals.Pending(
                ticket: proposal.ticket,
                indexes: first...log.lastIndex,
                term: term,
                copies: proposal.copies,
                bytes: bytes
            )
        )
    }

    /// Refuses at once what could only wait: a client is better served by another node, or by trying again.
    private func rejection(of proposal: Proposal, bytes: Int) -> Rejection? {
        guard let leadership else { return .notLeader(leader: election.leader) }
        guard transfer == nil else { return .transferring }
        guard hasQuorumAtHand, canCommit(leadership) else { return .noQuorum }
        // A witness votes but holds no messages: it is no copy.
        let copies = leadership.peers.count { isCopyAtHand($0, leadership) } + (isVoter ? 1 : 0)
        guard copies >= proposal.copies else { return .tooFewCopies(atHand: copies) }
        // A14: a leader that cannot commit must not grow without end.
        let isFirst = proposals.current.isEmpty
        guard isFirst || proposals.bytes + bytes <= settings.uncommittedBytesMax else { return .overloaded }
        guard proposal.copies <= copiesOfACommit || mayAwaitCopies(bytes: bytes) else { return .overloaded }
        return nil
    }

    /// Who wants no more copies than a commit has is never kept by those who do.
    private func mayAwaitCopies(bytes: Int) -> Bool {
        let isFirst = proposals.awaitingCount == 0
        return isFirst
            || proposals.awaitingCount < PendingProposals.waitingMax
                && proposals.awaitingBytes + bytes <= settings.uncommittedBytesMax
    }

    var hasQuorumAtHand: Bool {
        guard let leadership, leadersDoubt == nil else { return false }
        return leadership.peers.count { $0.isVoter && isAtHand($0) } + (isVoter ? 1 : 0) >= quorum
    }

    func isAtHand(_ peer: Progress) -> Bool { peer.isAtHand(within: settings.electionTimeout, now: now) }

    /// §5.3: "The leader appends the command to its log as a new entry". One batch: all but the last continue.
    private mutating func append(_ payloads: [[UInt8]]) {
        for (place, payload) in payloads.enumerated() {
            log.append(
                Entry(
                    id: EntryID(term: term, index: log.lastIndex.next),
                    kind: .command,
                    continues: place < payloads.count - 1,
                    payload: payload,
                    after: log.lastChain
                )
            )
        }
    }

    // MARK: Settling

    /// Settles what was handed out as committed. One that waits for more copies does not hold back those behind it.
    mutating func settleProposals() {
        guard !proposals.isEmpty else { return }
        // First those of earlier leaderships, which have the lower indexes: who waits for copies waits in their order.
        for pending in proposals.popOrphaned(through: handedOut) {
            // Committed with the same term: the same entry (Log Matching). With another: ours can never be committed.
            if log.term(at: pending.indexes.lowerBound) == pending.term {
                settle(pending)
            } else {
                settled.append(.overwritten(pending.ticket))
            }
        }
        while let pending = proposals.popCurrent(through: handedOut) { settle(pending) }
        settleAwaitingCopies()
    }

    private mutating func settle(_ pending: PendingProposals.Pending) {
        let copies = copies(of: pending.indexes.upperBound)
        guard copies >= pending.copies else { return proposals.awaitCopies(pending) }
        settled.append(.committed(pending.ticket, indexes: pending.indexes, copies: copies))
    }

    private mutating func settleAwaitingCopies() {
        guard leadership?.copiesMayHaveGrown == true else { return }
        leadership?.copiesMayHaveGrown = false
        guard proposals.awaitingCount > 0 else { return }
        let held = (durableOnVoters + (isVoter ? [log.durableIndex] : [])).sorted(by: >)
        for pending in proposals.popAwaitingCopies(held: held) { settle(pending) }
    }

    /// What each of the other voters that hold messages is known to have on disk.
    private var durableOnVoters: [LogIndex] {
        leadership.map { $0.peers.filter { $0.kind == .voter }.map(\.match) } ?? []
    }

    /// What a commit takes at least: a quorum, of which a witness holds nothing.
    private var copiesOfACommit: Int { max(1, quorum - membership.members.count { $0.kind == .witness }) }

    /// How many voters are known to have a committed entry on disk.
    private func copies(of index: LogIndex) -> Int {
        guard let leadership else { return copiesOfAnOrphan(at: index) }
        let isHere = isVoter && log.durableIndex >= index
        return leadership.peers.count { $0.kind == .voter && $0.match >= index } + (isHere ? 1 : 0)
    }

    /// What a follower knows of an entry it proposed. It has it on disk, which counts unless it had stopped voting, and
    /// so had the leader that it learned the commit from, if any, when that was elected; it counts if it votes. More
    /// where a commit takes more: a quorum of the voters at that entry, or of one fewer, for the change after it may
    /// not have come here yet; and a witness holds nothing. A node that was promoted needed nobody.
    private func copiesOfAnOrphan(at index: LogIndex) -> Int {
        let membership = memberships.membership(at: index)
        let tookQuorum = membership.epoch == epoch || index <= committedLeading
        let fewest = tookQuorum ? (membership.voters.count - 1) / 2 + 1 : 1
        let isHere = membership.recognises(identity) && membership[identity.id]?.kind == .voter
        let leaderVotes = leader.map { membership[$0]?.kind == .voter } ?? false
        let isThereToo = isHere && leaderVotes && index > committedLeading
        return max(isThereToo ? 2 : 1, fewest - membership.members.count { $0.kind == .witness })
    }
}
