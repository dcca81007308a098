/// How the backup of a pair with a witness stands with its leader. It decides what the witness is sent, and which
/// acknowledgements commit.
///
/// The rules only delay sending and committing, which is always safe in Raft. They keep the backup electable (the
/// witness never holds what no voter could lead with) and the witness off the path of writes.
struct BackupStanding: Hashable, Sendable {
    enum Phase: Hashable, Sendable {
        /// A new leader does not know yet. The witness is sent nothing, so only the backup can commit. Until then. Can
        /// transition to: `in`, `out`.
        case probing(until: Instant)
        /// Commits take both voters; the witness follows what is committed. Can transition to: `out`.
        case `in`
        /// Leader and witness commit: this node alone has the newest entries. Can transition to: `handingOver`.
        case out
        /// The backup is close. The witness is sent nothing more, so that the backup can pass it. Until then. Can
        /// transition to: `in`, `out`.
        case handingOver(until: Instant)
    }

    let id: NodeID
    private(set) var phase: Phase
    /// The highest entry ever sent to the witness in this term: only a backup that has it is electable without us.
    private(set) var witnessSent = LogIndex.zero
    /// What was committed at the last beat: the witness may have it, while the backup is in.
    private(set) var witnessGoal = LogIndex.zero
    /// When the next beat is due.
    private(set) var nextWitnessBeat: Instant
    /// Since when this leader has waited for the backup's first word.
    private let start: Instant
    /// Since when the backup is behind and has made no progress.
    private var behindSince: Instant?
    /// Its match when that was last looked at.
    private var lastMatch = LogIndex.zero
    /// Its match when it was put out, or failed to take over: only more than that is a reason to try.
    private var matchWhenOut = LogIndex.zero
    /// A backup that is too slow holds up commits for `degradeAfter` each time that is found out: so it is tried again
    /// ever more rarely, until it has kept up for long.
    private var nextHandOver: Instant
    private var handOverPause: Duration
    private var inSince: Instant

    /// What decides besides the backup's progress.
    struct Surroundings {
        var lastIndex: LogIndex
        var termStart: LogIndex
        var isWitnessAtHand: Bool
        var settings: Settings
        var now: Instant
    }

    init(id: NodeID, settings: Settings, now: Instant) {
        self.id = id
        start = now
        phase = .probing(until: now + settings.degradeAfter)
        nextWitnessBeat = now
        nextHandOver = now
        inSince = now
        handOverPause = settings.degradeAfter
    }

    /// Whether the leader goes on without it.
    var isOut: Bool {
        switch phase {
        case .out, .handingOver: true
        case .in, .probing: false
        }
    }

    // MARK: Moving

    /// Looks at the backup again. Called whenever something happened.
    mutating func update(_ backup: Progress, _ around: Surroundings) {
        noteProgress(of: backup, around)
        if phase == .out, mayTakeOver(backup, around) {
            phase = .handingOver(until: around.now + around.settings.degradeAfter)
        }
        switch phase {
        case .in:
            if around.now >= inSince + pauseMax(around) { handOverPause = around.settings.degradeAfter }
            if isGone(backup, around) || isStuck(around) { putOut(backup, around, heldUpCommits: !backup.isRefused) }
        case .out: break
        case .probing(let end):
            if hasPassedWitness(backup, around) { return takeIn(around) }
            if isGone(backup, around) || isSilent(backup, around) || around.now >= end {
                putOut(backup, around, heldUpCommits: false)
            }
        case .handingOver(let end):
            if hasPassedWitness(backup, around) { return takeIn(around) }
            if isGone(backup, around) || around.now >= end {
                putOut(backup, around, heldUpCommits: !backup.isRefused)
            }
        }
    }

    private func pauseMax(_ around: Surroundings) -> Duration { around.settings.degradeAfter * 32 }

    private mutating func putOut(_ backup: Progress, _ around: Surroundings, heldUpCommits: Bool) {
        phase = .out
        matchWhenOut = backup.match
        guard heldUpCommits else { return }
        nextHandOver = around.now + handOverPause
        handOverPause = min(handOverPause * 2, pauseMax(around))
    }

    private mutating func takeIn(_ around: Surroundings) {
        phase = .in
        inSince = around.now
        nextWitnessBeat = around.now
    }

    private mutating func noteProgress(of backup: Progress, _ around: Surroundings) {
        if backup.match >= around.lastIndex {
            behindSince = nil
        } else if behindSince == nil || backup.match > lastMatch {
            behindSince = around.now
        }
        lastMatch = backup.match
    }

    // MARK: Judging

    /// Its machine refuses, or it gave no reply for so long.
    private func isGone(_ backup: Progress, _ around: Surroundings) -> Bool {
        backup.isRefused || around.now >= (backup.lastContact ?? start) + around.settings.degradeAfter
    }

    /// It lags and makes no progress: that it answers heartbeats says nothing about its disk.
    private func isStuck(_ around: Surroundings) -> Bool {
        guard let behindSince else { return false }
        return around.now >= behindSince + around.settings.degradeAfter
    }

    /// Not a word to this leader yet. It was elected because it, or its clients, missed somebody: two election timeouts
    /// are patience enough.
    private func isSilent(_ backup: Progress, _ around: Surroundings) -> Bool {
        backup.lastContact == nil && around.now >= start + silence(around.settings)
    }

    private func silence(_ settings: Settings) -> Duration { min(settings.degradeAfter, settings.electionTimeout * 2) }

    /// Within one window of the end, and moving, or there already.
    private func mayTakeOver(_ backup: Progress, _ around: Surroundings) -> Bool {
        // Without the witness nothing commits while the backup is out: then there is nothing to lose by trying.
        guard !isGone(backup, around), around.now >= nextHandOver || !around.isWitnessAtHand else { return false }
        let window = around.settings.appendEntriesMax * around.settings.appendsInFlightMax
        guard backup.match.distance(to: around.lastIndex) <= window else { return false }
        return backup.match > matchWhenOut || backup.match >= around.lastIndex
    }

    /// From here on the backup can be elected with the witness's vote, whatever this leader does.
    private func hasPassedWitness(_ backup: Progress, _ around: Surroundings) -> Bool {
        backup.match >= max(witnessSent, around.termStart)
    }

    // MARK: The witness

    /// The last entry the witness may be sent now; nil for none.
    ///
    /// While the backup is in, only what is committed: whatever the witness holds, the backup holds too. While it is
    /// out, only what is durable here: else this leader could lose what the witness demands of every candidate.
    func witnessLimit(durable: LogIndex) -> LogIndex? {
        switch phase {
        case .in: min(witnessGoal, durable)
        case .out: durable
        case .probing, .handingOver: nil
        }
    }

    mutating func sentToWitness(through last: LogIndex) { witnessSent = max(witnessSent, last) }

    /// At heartbeat pace: everything committed by now, in as many appends as it takes.
    mutating func beat(commit: LogIndex, settings: Settings, now: Instant) {
        guard case .in = phase, witnessGoal < commit, now >= nextWitnessBeat else { return }
        witnessGoal = commit
        nextWitnessBeat = now + settings.heartbeatInterval
    }

    // MARK: Time

    /// When to look again, if nothing happens before.
    func deadline(_ backup: Progress, settings: Settings, now: Instant) -> Instant? {
        let contactEnd = (backup.lastContact ?? start) + settings.degradeAfter
        switch phase {
        case .in:
            let stuck = behindSince.map { $0 + settings.degradeAfter }
            return min(contactEnd, stuck ?? contactEnd)
        case .probing(let end): return min(end, backup.lastContact == nil ? start + silence(settings) : contactEnd)
        case .handingOver(let end): return min(end, contactEnd)
        // What else a hand-over takes is an event.
        case .out: return nextHandOver > now ? nextHandOver : nil
        }
    }
}
