import Raft

// The five rules of a pair with a witness (`BackupStanding`), judged by what is on the disks and by what the leader
// itself was told. Raft is safe without them; they keep a voter electable, and copies where they are said to be.
extension Oracle {
    /// The machines of a pair that this replica leads.
    private struct Pair {
        var leader: Int
        var backup: Int
        var witness: Int
        /// The backup as the leader sees it.
        var seen: Status.Peer
        var status: Status
    }

    private func pair(ledBy replica: SimulatedReplica) -> Pair? {
        let members = replica.node.membership.members
        guard replica.node.role == .leader, let witness = members.first(where: { $0.kind == .witness })
        else { return nil }
        let voters = members.filter { $0.kind == .voter }
        let status = replica.node.status
        guard voters.count == 2, voters.contains(where: { $0.id == replica.machine.id }),
            let backup = voters.first(where: { $0.id != replica.machine.id }),
            let seen = status.peers.first(where: { $0.id == backup.id })
        else { return nil }
        return Pair(
            leader: replica.machine.number,
            backup: replica.world.machine(of: backup).number,
            witness: replica.world.machine(of: witness).number,
            seen: seen,
            status: status
        )
    }

    // MARK: The witness

    /// It votes and nothing else.
    func checkWitness(_ replica: SimulatedReplica) {
        if replica.machine.kind == .witness, replica.node.role != .follower {
            violation(.witnessActs, "witness \(replica.machine.id) is a \(replica.node.role.rawValue)")
        }
    }

    /// It keeps the order of messages, and no message; of everything else it keeps all.
    func checkWritten(_ persist: Persist, byWitness replica: SimulatedReplica) {
        for entry in persist.entries {
            let holdsMessage = entry.kind == .command && !(entry.payloadElsewhere && entry.payload.isEmpty)
            if holdsMessage || (entry.kind == .membership && entry.payload.isEmpty) {
                violation(.witnessPayload, "witness \(replica.machine.id) is to write \(entry.id) as it must not")
            }
        }
    }

    /// Rule 1: some voter that holds messages can always be elected with the witness's vote.
    func checkElectable(beside replica: SimulatedReplica) {
        // One that joins reads first of those who were there before it.
        guard replica.node.membership.recognises(replica.machine.identity) else { return }
        let last = lastStored(on: replica.machine.number)
        let voters = replica.node.membership.members.filter { $0.kind == .voter }
            .map { replica.world.machine(of: $0).number }
        guard !voters.contains(where: { records[$0].isForgotten }) else { return }
        if !voters.contains(where: { lastStored(on: $0) >= last }) {
            violation(.witnessAhead, "witness \(replica.machine.id) has \(last) on disk, which no voter has")
        }
    }

    // MARK: What the witness is sent

    /// Rule 1: of entries only those on the leader's own disk; while the backup is in, only committed ones. Rules 4 and
    /// 5: nothing before the backup has this term's no-op, or is out.
    func sending(through last: LogIndex, toWitness peer: NodeID, by replica: SimulatedReplica) {
        let id = replica.machine.id
        guard records[replica.machine.number].stored.reaches(last) else {
            return violation(.witnessAhead, "\(id) is to send the witness entry \(last), which it has not on disk")
        }
        guard let pair = pair(ledBy: replica) else { return }
        watchPair(of: replica)
        pairs[pair.leader]?.sent(through: last)
        guard !pair.status.isDegraded else { return }
        if last > pair.status.commit {
            violation(.witnessAhead, "\(id) sends the witness entry \(last), not committed, beside a backup that is in")
        }
        if let start = pairs[pair.leader]?.start, !records[pair.backup].reaches(start) {
            violation(.backupMisjudged, "\(id) sends the witness entry \(last) before it knows how its backup stands")
        }
    }

    // MARK: Commits

    /// Rule 2: both voters have it; only while the backup is out the leader and the witness.
    func checkCommit(ofPair replica: SimulatedReplica) {
        guard let pair = pair(ledBy: replica),
            let id = records[pair.leader].written.entry(at: pair.status.commit)?.id
        else { return }
        let isOlder = pairs[pair.leader].map { $0.term == pair.status.term && $0.isOlder(id) } ?? false
        let others = pair.status.isDegraded || isOlder ? [pair.backup, pair.witness] : [pair.backup]
        if !records[pair.leader].stored.holds(id) || !others.contains(where: { records[$0].holds(id) }) {
            let standing = pair.status.isDegraded ? "out" : "in"
            violation(
                .committedWithoutBackup,
                "\(replica.machine.id), its backup \(standing), commits \(id); on disk the leader has "
                    + "\(lastStored(on: pair.leader)), the backup \(lastStored(on: pair.backup)), the witness "
                    + "\(lastStored(on: pair.witness))"
            )
        }
    }

    // MARK: In and out

    /// Called when a leadership begins, and whenever the node was asked for what there is to do: only there it looks at
    /// its backup again.
    func watchPair(of replica: SimulatedReplica) {
        let number = replica.machine.number
        guard let pair = pair(ledBy: replica) else { return pairs[number] = nil }
        var watch =
            pairs[number].flatMap { $0.term == pair.status.term ? $0 : nil }
            ?? PairWatch(term: pair.status.term, start: pair.status.last.index, began: replica.now)
        watch.note(pair.seen, last: pair.status.last.index, now: replica.now)
        let wasDegraded = watch.isDegraded
        watch.isDegraded = pair.status.isDegraded
        pairs[number] = watch
        if watch.isDegraded, !wasDegraded, !watch.isOut(pair.seen, replica.world.settings, now: replica.now) {
            violation(.backupMisjudged, "\(replica.machine.id) goes on without its backup: \(pair.seen), \(watch)")
        }
        // Rule 4: whatever becomes of this leader, the backup can be elected.
        if !watch.isDegraded, wasDegraded, !records[pair.backup].reaches(watch.goal) {
            violation(
                .backupMisjudged,
                "\(replica.machine.id) takes its backup for in, which has \(lastStored(on: pair.backup)) on disk; "
                    + "\(watch.goal) was sent to the witness"
            )
        }
    }

    /// At the end of a turn: nobody is waited for in vain.
    func judgePair(of replica: SimulatedReplica) {
        watchPair(of: replica)
        guard let pair = pair(ledBy: replica), let watch = pairs[pair.leader] else { return }
        if !watch.isDegraded, watch.isOut(pair.seen, replica.world.settings, now: replica.now) {
            violation(.backupMisjudged, "\(replica.machine.id) waits for its backup: \(pair.seen), \(watch)")
        }
        // F11: what both voters have takes no witness.
        let (both, commit) = (min(pair.status.durable, pair.seen.match), pair.status.commit)
        if pair.status.membershipIndex <= commit, commit < both,
            records[pair.leader].written.entry(at: both)?.id.term == pair.status.term
        {
            violation(
                .witnessAwaited,
                "\(replica.machine.id) and its backup have \(both) on disk; committed is only \(commit)"
            )
        }
    }
}
