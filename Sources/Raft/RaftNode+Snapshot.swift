/// Logs whose beginning was removed (Raft §7): what peers are sent then, and what a follower makes of it.
extension RaftNode {
    /// The shell has a durable state of everything up to this applied entry, and no longer keeps the entries.
    mutating func trimmed(through last: EntryID, chain: ChainValue) {
        precondition(last.index <= handedOut, "entry \(last) was not applied and cannot be removed")
        log.trim(through: last, chain: chain)
    }

    // MARK: The leader sends

    /// For a peer whose next entry was removed.
    func snapshotRequest(to peer: inout Progress) -> Outbound {
        peer.sentSnapshot(through: log.base.index, now: now)
        return .requestFromBase(term: term, to: peer.id)
    }

    // MARK: The follower answers

    /// No log grows so long: a higher index is damage.
    private static let indexMax = LogIndex(1 << 62)

    mutating func receive(_ request: InstallSnapshot, from leader: NodeID, token: ReplyToken) {
        guard request.term >= term else { return answer(match: .zero, to: leader, token: token) }
        guard request.snapshot.last.term <= request.term, request.snapshot.last.index < Self.indexMax else {
            corruptAppends += 1
            return dropped.append(token)
        }
        adopt(request.term)
        follow(leader)
        guard fault == nil else { return }
        let last = request.snapshot.last
        let mark = HistoryMark(entry: last, chain: request.snapshot.chain)
        if compare(mark).different != nil {
            note(mark, of: leader, verdict: .open)
            return dropped.append(token)
        }
        // §7: "If existing log entry has same index and term as snapshot's last included entry, retain log entries
        // following it". What is committed here is the same anyway.
        if last.index > commit {
            if log.contains(last) {
                learnCommit(last.index)
            } else {
                // Nobody can tell whether what this log has is in the state of a node that was promoted.
                guard !isJoining || !isMember || memberships.takesAllVoters(commit: commit) else {
                    return divergeWhileJoining(from: leader, token: token)
                }
                install(request.snapshot)
            }
        } else if last.index >= log.base.index, !log.contains(last) {
            return refuseCommittedConflict(with: last, of: leader, token: token)
        }
        answer(match: last.index, to: leader, token: token)
    }

    /// §7: "discard the entire log", and "reset state machine using snapshot contents".
    private mutating func install(_ snapshot: Snapshot) {
        log.reset(to: snapshot.last, chain: snapshot.chain)
        memberships.reset(to: MembershipVersion(index: snapshot.last.index, membership: snapshot.membership))
        membershipChanged()
        pendingSnapshot = snapshot
        commit = snapshot.last.index
        handedOut = snapshot.last.index
        // Whether proposals of an earlier leadership are in what was folded away, nobody here can tell any more.
        proposals.forgetOrphans(through: snapshot.last.index)
    }

    /// A promise: what the snapshot replaces is gone once it is on disk, and not before.
    private mutating func answer(match: LogIndex, to leader: NodeID, token: ReplyToken) {
        promises.append(
            .reply(.installSnapshot(InstallSnapshot.Reply(term: term, match: match)), to: leader, token: token)
        )
    }

    // MARK: The leader counts

    mutating func receive(_ reply: InstallSnapshot.Reply, from peer: NodeID) {
        if reply.term > term { return adopt(reply.term) }
        // Nothing matched: the request was of an earlier term.
        guard reply.term == term, reply.match > .zero, reply.match <= log.lastIndex,
            let place = leadership?.place(of: peer)
        else { return }
        leadership?.peers[place].heard(now: now)
        leadership?.peers[place].accepted(reply.match)
        leadership?.copiesMayHaveGrown = true
        advanceLeaderCommit()
    }
}
