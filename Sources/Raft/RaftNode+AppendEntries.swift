/// Log replication (Raft §5.3).
extension RaftNode {
    // MARK: The leader sends

    /// Gives every peer what it may have next. Called once a batch of events, so that what came together goes together.
    mutating func sendAppends() {
        guard leadersDoubt == nil, var leading = leadership else { return }
        leadership = nil
        let voterMatch = leading.peers.filter { $0.kind == .voter }.map(\.match).max()
        let keptBack = changeKeptBack(leading)
        for place in leading.peers.indices {
            while let allowed = sendLimit(
                for: leading.peers[place],
                voterMatch: voterMatch,
                backup: leading.backup
            ),
                case let limit = keptBack?.limit(for: leading.peers[place], allowed) ?? allowed,
                leading.peers[place].canSend(through: limit, inFlightMax: settings.appendsInFlightMax)
            {
                announcements.append(nextRequest(to: &leading.peers[place], through: limit))
                guard leading.peers[place].kind == .witness else { continue }
                leading.backup?.sentToWitness(through: limit)
            }
        }
        leadership = leading
    }

    private func nextRequest(to peer: inout Progress, through limit: LogIndex) -> Outbound {
        let previous = peer.next.previous
        guard peer.phase != .lacking, previous >= log.base.index else { return snapshotRequest(to: &peer) }
        guard let previousTerm = log.term(at: previous) else {
            preconditionFailure("next \(peer.next) of \(peer.id) is behind the log, which ends at \(log.lastEntry)")
        }
        var append = AppendEntries(
            term: term,
            previous: EntryID(term: previousTerm, index: previous),
            previousChain: log.chain(at: previous),
            entries: [],
            commit: commit
        )
        if !peer.isNextEmpty {
            guard peer.next >= log.firstInMemory else {
                let from = peer.next
                peer.sentFromLog(now: now)
                let through = min(limit, log.firstInMemory.previous)
                return .requestFromLog(append: append, from: from, through: through, to: peer.id)
            }
            append.entries = log.batches(
                from: peer.next,
                through: limit,
                entriesMax: settings.appendEntriesMax,
                bytesMax: settings.appendBytesMax
            )
            if peer.kind == .witness { append.entries = append.entries.map(\.withoutPayload) }
        }
        let last = append.entries.last?.index ?? previous
        peer.sent(through: last, now: now)
        peer.toldCommit = max(peer.toldCommit, min(commit, last))
        return .request(.appendEntries(append), to: peer.id)
    }

    // MARK: The follower answers

    mutating func receive(_ request: AppendEntries, from leader: NodeID, token: ReplyToken) {
        // §5.1: "If a server receives a request with a stale term number, it rejects the request."
        guard request.term >= term else { return refuse(request, to: leader, token: token) }
        guard isIntact(request) else {
            corruptAppends += 1
            return dropped.append(token)
        }
        adopt(request.term)
        follow(leader)
        guard fault == nil else { return }
        if let mark = difference(in: request) {
            note(mark, of: leader, verdict: .open)
            return dropped.append(token)
        }
        // §5.3: "If the follower does not find an entry in its log with the same index and term, then it refuses the
        // new
        // entries." A6: below the base everything is committed, hence the same.
        guard request.previous.index < log.base.index || log.contains(request.previous) else {
            guard request.previous.index > commit else {
                return refuseCommittedConflict(with: request.previous, of: leader, token: token)
            }
            return refuse(request, to: leader, token: token)
        }
        store(request.entries, from: leader, token: token)
        guard fault == nil, !hasStopped else { return }
        // A2, A8: what this request proved, not what this log happens to hold beyond.
        let match = request.proves
        // Figure 2: "If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last new entry)".
        learnCommit(min(request.commit, match))
        // B5: a promise, also when there was nothing new: the entries may still be on their way to the disk.
        answer(.accepted(match: match), to: leader, token: token)
    }

    /// A conflict that lets the leader skip a term a round trip (§5.3, end).
    private mutating func refuse(_ request: AppendEntries, to leader: NodeID, token: ReplyToken) {
        let hint = log.lastEntry(atOrBelow: request.previous.index, termAtMost: request.previous.term)
        answer(.conflict(rejected: request.previous.index, hint: hint), to: leader, token: token)
    }

    private mutating func answer(_ outcome: AppendEntries.Reply.Outcome, to leader: NodeID, token: ReplyToken) {
        promises.append(
            .reply(.appendEntries(AppendEntries.Reply(term: term, outcome: outcome)), to: leader, token: token)
        )
    }

    /// §5.3: "If an existing entry conflicts with a new one (same index but different terms), delete the existing entry
    /// and all that follow it", and "append any new entries not already in the log". A4: only then.
    private mutating func store(_ entries: [Entry], from leader: NodeID, token: ReplyToken) {
        // A6 is not true of a leader who was promoted without what is folded away here.
        if let atBase = entries.first(where: { $0.index == log.base.index }), !log.contains(atBase.id) {
            return refuseCommittedConflict(with: atBase.id, of: leader, token: token)
        }
        guard let firstNew = entries.firstIndex(where: { $0.index > log.base.index && !log.contains($0.id) }) else {
            return
        }
        let conflict = entries[firstNew]
        if conflict.index <= log.lastIndex {
            guard conflict.index > commit else {
                return refuseCommittedConflict(with: conflict.id, of: leader, token: token)
            }
            // Not by a leader of another epoch, who was elected by nobody that may have acknowledged it.
            guard !isJoining || memberships.takesAllVoters(commit: commit) else {
                return divergeWhileJoining(from: leader, token: token)
            }
            truncateLog(after: conflict.index.previous)
        }
        for entry in entries[firstNew...] { appendToLog(isWitness ? entry.withoutPayload : entry) }
    }

    /// Whether a leader can have sent this: contiguous entries of terms that never fall, whole batches, each entry with
    /// the chain value that follows from the one before. A request that fails changes nothing.
    private func isIntact(_ request: AppendEntries) -> Bool {
        guard let last = request.entries.last else { return true }
        guard !last.continues, last.term <= request.term else { return false }
        // Only a witness can do without the payloads; one that is new may not know yet that it is one.
        let mayLackPayloads = isWitness || !membership.recognises(identity)
        guard mayLackPayloads || !request.entries.contains(where: \.payloadElsewhere) else { return false }
        var before = request.previous
        var chain = request.previousChain ?? (log.contains(before) ? log.chain(at: before.index) : nil)
        for entry in request.entries {
            guard before.index < entry.index, before.index == entry.index.previous, entry.term >= before.term else {
                return false
            }
            if let chain, !entry.follows(chain) { return false }
            if entry.kind == .membership, decodedMembership(entry) == nil { return false }
            if !mayCompare, log.contains(entry.id), log.chain(at: entry.index) ?? entry.chain != entry.chain {
                return false
            }
            before = entry.id
            chain = entry.chain
        }
        return true
    }

    /// A7: what is committed stays. A leader of another epoch may have been promoted without it. One of the same has
    /// broken a promise, and going on would spread it.
    mutating func refuseCommittedConflict(with entry: EntryID, of leader: NodeID, token: ReplyToken) {
        guard !isJoining else { return divergeWhileJoining(from: leader, token: token) }
        let ours = log.term(at: entry.index).map { "\($0).\(entry.index)" } ?? "nothing"
        halt(
            .committedEntryConflicts,
            "a leader of term \(term) has entry \(entry) where this log has \(ours), committed up to \(commit)"
        )
    }

    mutating func divergeWhileJoining(from leader: NodeID, token: ReplyToken) {
        diverge(from: leader, epoch, holding: log.lastIndex)
        dropped.append(token)
    }

    // MARK: The leader counts

    mutating func receive(_ reply: AppendEntries.Reply, from peer: NodeID) {
        if reply.term > term { return adopt(reply.term) }
        guard reply.term == term, let place = leadership?.place(of: peer) else { return }
        leadership?.peers[place].heard(now: now)
        switch reply.outcome {
        case .accepted(let match):
            // No honest peer matches what we do not have.
            guard match <= log.lastIndex else { return }
            leadership?.peers[place].accepted(match)
            leadership?.peers[place].catchUp.reached(match, of: log.lastIndex, now: now)
            leadership?.copiesMayHaveGrown = true
            advanceLeaderCommit()
        case .conflict(let rejected, let hint):
            guard leadership?.peers[place].isCurrentConflict(rejected: rejected) == true else { return }
            // §5.3: "After a rejection, the leader decrements nextIndex": to the last place where both logs can agree.
            if rejected <= log.base.index { leadership?.peers[place].lacksBase(); return }
            let common = log.lastEntry(atOrBelow: min(hint.index, rejected.previous), termAtMost: hint.term)
            leadership?.peers[place].backUp(to: common.index)
        }
    }
}

extension AppendEntries {
    /// The last entry that follower and leader share when the request is accepted.
    var proves: LogIndex { entries.last?.index ?? previous.index }
}
