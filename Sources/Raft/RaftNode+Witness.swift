/// The pair with a witness: two voters that hold messages, and one that only votes. An ordinary Raft cluster of three
/// whose leader holds back what would make the witness the only one up to date.
extension RaftNode {
    /// Looks again whether the backup is in. Called once a batch of events, before anything is sent.
    mutating func updateBackup() {
        guard var leading = leadership, var backup = leading.backup, let place = leading.place(of: backup.id)
        else { return }
        let before = backup.phase
        let around = BackupStanding.Surroundings(
            lastIndex: log.lastIndex,
            termStart: leading.termStart,
            isWitnessAtHand: leading.peers.contains { $0.kind == .witness && isAtHand($0) },
            settings: settings,
            now: now
        )
        backup.update(leading.peers[place], around)
        leading.backup = backup
        leadership = leading
        // What both have, or now the witness, may be enough.
        if backup.phase != before { advanceLeaderCommit() }
        leadership?.backup?.beat(commit: commit, settings: settings, now: now)
    }

    /// The last entry that may go to this peer now; nil for none. A witness beside a single voter is needed for every
    /// commit, as one whose backup is out. A leader that leaves cannot be elected again once it is gone: the witness
    /// then gets what the voter that stays has.
    func sendLimit(for peer: Progress, voterMatch: LogIndex?, backup: BackupStanding?) -> LogIndex? {
        guard peer.kind == .witness else { return log.lastIndex }
        guard isVoter else { return voterMatch.map { min($0, log.durableIndex) } }
        guard let backup else { return log.durableIndex }
        return backup.witnessLimit(durable: log.durableIndex)
    }

    /// When the backup, or the pace of the witness, has to be looked at next.
    func backupDeadline(_ leading: Leadership) -> Instant? {
        guard let backup = leading.backup, let place = leading.place(of: backup.id) else { return nil }
        var deadline = backup.deadline(leading.peers[place], settings: settings, now: now)
        if case .in = backup.phase, backup.witnessGoal < commit {
            deadline = min(deadline ?? backup.nextWitnessBeat, backup.nextWitnessBeat)
        }
        return deadline
    }

    /// What is on the disks it takes to commit, as long as the backup is in: both voters', whatever the witness says.
    func reachedByBoth(_ leading: Leadership) -> LogIndex? {
        guard let backup = leading.backup, case .in = backup.phase, let place = leading.place(of: backup.id)
        else { return nil }
        return min(log.durableIndex, leading.peers[place].match)
    }

    /// Whether who is needed to commit can be reached: a quorum; while the backup is out, the witness.
    func canCommit(_ leading: Leadership) -> Bool {
        guard leading.backup?.phase == .out else { return true }
        return leading.peers.contains { $0.kind == .witness && isAtHand($0) }
    }

    /// Whether a peer's copy may be counted on for a new proposal.
    func isCopyAtHand(_ peer: Progress, _ leading: Leadership) -> Bool {
        guard peer.kind == .voter, isAtHand(peer) else { return false }
        return peer.id != leading.backup?.id || leading.backup?.phase != .out
    }
}

extension Leadership {
    /// The backup of a pair with a witness, as a new leader sees it; nil in any other cluster.
    static func backup(among peers: [Progress], settings: Settings, now: Instant) -> BackupStanding? {
        let voters = peers.filter { $0.kind == .voter }
        guard voters.count == 1, peers.contains(where: { $0.kind == .witness }) else { return nil }
        return BackupStanding(id: voters[0].id, settings: settings, now: now)
    }
}
