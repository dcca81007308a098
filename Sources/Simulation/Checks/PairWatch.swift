import Raft

/// What is remembered of one leadership in a pair with a witness, to judge by it whom the leader counts on.
struct PairWatch {
    let term: Term
    /// Where this term's no-op stands.
    let start: LogIndex
    /// When the leadership began, by the leader's clock.
    let began: Instant
    var isDegraded = false
    /// The highest entry sent to the witness in this term.
    private(set) var sentToWitness = LogIndex.zero
    /// Since when the backup lacks entries and has not got any; nil while it has all.
    private(set) var behindSince: Instant?
    private var match = LogIndex.zero
    /// It had all it takes to be in.
    private var hasPassed = false

    init(term: Term, start: LogIndex, began: Instant) {
        self.term = term
        self.start = start
        self.began = began
    }

    /// What a backup has that can be elected whatever the witness has.
    var goal: LogIndex { max(start, sentToWitness) }

    /// Whether the witness may have been asked for this entry before there was a backup: its answer commits it.
    func isOlder(_ entry: EntryID) -> Bool { !hasPassed && entry.index < start }

    mutating func sent(through last: LogIndex) { sentToWitness = max(sentToWitness, last) }

    mutating func note(_ backup: Status.Peer, last: LogIndex, now: Instant) {
        if backup.match >= last {
            behindSince = nil
        } else if behindSince == nil || backup.match > match {
            behindSince = now
        }
        match = backup.match
        hasPassed = hasPassed || match >= goal
    }

    /// Rule 3: it refuses, is silent, or is behind and makes no progress. Rule 5: a new leader waits less for one that
    /// it never heard, and not for ever for one that never had this term's no-op.
    func isOut(_ backup: Status.Peer, _ settings: Settings, now: Instant) -> Bool {
        let patience = settings.degradeAfter
        if backup.isRefused || now >= (backup.lastContact ?? began) + patience { return true }
        guard hasPassed else {
            let silence = backup.lastContact == nil ? min(patience, settings.electionTimeout * 2) : patience
            return now >= began + silence
        }
        return behindSince.map { now >= $0 + patience } ?? false
    }
}
