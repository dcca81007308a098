/// A peer's log as the leader sees it.
///
/// Invariants:
/// 1. `match < next`; `match` never falls within a term.
/// 2. Everything up to `match` is on the peer's disk and equals this log: only an accepted append proves it.
/// 3. In `probing` there is at most one flight, and `next` stands still until it is answered: what lies between `match`
///    and `next` is a guess. In `replicating` there are at most `appendsInFlightMax`, and everything below `next` is
///    either matched or in flight.
struct Progress: Hashable, Sendable {
    enum Phase: String, Sendable {
        /// Where the logs agree is not known, or the peer is so far behind that entries come from disk: one append at
        /// a time. Can transition to: `replicating`, `lacking`.
        case probing
        /// Appends go out before the last ones are answered. Can transition to: `probing`.
        case replicating
        /// Its log ends before the leader's begins: only a snapshot can help it. Can transition to: `replicating`.
        case lacking
    }

    /// An append on its way.
    struct Flight: Hashable, Sendable {
        /// The answer is there once the peer matches up to here.
        let last: LogIndex
        let sent: Instant
    }

    let id: NodeID
    let incarnation: Incarnation
    var kind: Membership.Member.Kind
    private(set) var phase: Phase = .probing
    private(set) var match: LogIndex = .zero
    /// The next entry to send.
    private(set) var next: LogIndex
    private(set) var flights: [Flight] = []
    /// Nothing is appended until the peer is heard again: the last append was lost.
    private(set) var isPaused = false
    /// The next append carries no entries: it only finds out what became of those that were never answered.
    private(set) var isNextEmpty = false
    /// When the peer last acknowledged this leadership.
    private(set) var lastContact: Instant?
    /// Its machine said that nobody listens there, and it was not heard since.
    private(set) var isRefused = false
    /// The highest heartbeat round it answered.
    private(set) var confirmedRound: UInt64 = 0
    /// The highest commit index sent to it.
    var toldCommit: LogIndex = .zero
    var catchUp = CatchUp()
    var history = HistoryStanding()

    init(_ member: Membership.Member, next: LogIndex, lastContact: Instant?) {
        id = member.id
        incarnation = member.incarnation
        kind = member.kind
        self.next = next
        self.lastContact = lastContact
    }

    var isVoter: Bool { kind != .learner }

    var identity: MemberIdentity { MemberIdentity(id: id, incarnation: incarnation) }

    // MARK: Contact

    mutating func heard(now: Instant) {
        lastContact = now
        isRefused = false
        isPaused = false
    }

    mutating func confirmed(_ round: UInt64) { confirmedRound = max(confirmedRound, round) }

    /// Heard within `timeout` and not refused since.
    func isAtHand(within timeout: Duration, now: Instant) -> Bool {
        guard let lastContact, !isRefused else { return false }
        return now < lastContact + timeout
    }

    mutating func refuse() {
        isRefused = true
        isPaused = true
        restart()
    }

    // MARK: Sending

    /// Whether an append that begins with `next`, and ends with `limit` at most, may go out now.
    func canSend(through limit: LogIndex, inFlightMax: Int) -> Bool {
        guard !isPaused else { return false }
        switch phase {
        case .probing: return next <= limit && flights.isEmpty
        case .replicating: return next <= limit && flights.count < inFlightMax
        case .lacking: return flights.isEmpty
        }
    }

    mutating func sent(through last: LogIndex, now: Instant) {
        precondition(last >= next || isNextEmpty, "an append through \(last) does not carry \(next)")
        flights.append(Flight(last: last, sent: now))
        isNextEmpty = false
        if phase == .replicating { next = last.next }
    }

    /// Entries that are no longer in memory are read from disk, as many as the shell sees fit: wait for its answer.
    mutating func sentFromLog(now: Instant) {
        phase = .probing
        isNextEmpty = false
        flights = [Flight(last: next, sent: now)]
    }

    /// `last` is where the leader's log begins.
    mutating func sentSnapshot(through last: LogIndex, now: Instant) {
        phase = .lacking
        isNextEmpty = false
        flights = [Flight(last: last, sent: now)]
    }

    // MARK: Answers

    /// Every entry up to `index` is on the peer's disk. A8: an answer to an old request proves less, never more.
    mutating func accepted(_ index: LogIndex) {
        match = max(match, index)
        next = max(next, match.next)
        flights.removeAll { $0.last <= index }
        switch phase {
        case .replicating: break
        case .probing, .lacking:
            guard flights.isEmpty else { return }
            phase = .replicating
            next = match.next
        }
    }

    /// The peer does not have the entry before `next`. False for an answer to a request that no longer matters.
    func isCurrentConflict(rejected: LogIndex) -> Bool {
        switch phase {
        case .probing: rejected == next.previous
        case .replicating: rejected > match
        case .lacking: false
        }
    }

    /// Both logs may agree at `common`, and not above.
    mutating func backUp(to common: LogIndex) {
        phase = .probing
        next = max(match, common).next
        flights.removeAll(keepingCapacity: true)
    }

    /// The logs disagree at the base: only a copy of the base can help.
    mutating func lacksBase() {
        phase = .lacking
        flights.removeAll(keepingCapacity: true)
    }

    // MARK: Losses

    /// Nothing is known about the appends on their way: begin again after what is known, once the peer is heard.
    mutating func loseFlights() {
        guard !flights.isEmpty || phase == .replicating else { return }
        isPaused = true
        restart()
    }

    /// A12: no answer in all this time. Asks, without entries, how far the peer is.
    mutating func recoverIfStalled(for limit: Duration, now: Instant) {
        guard let oldest = flights.first, now >= oldest.sent + limit else { return }
        restart()
        isNextEmpty = true
    }

    private mutating func restart() {
        if phase == .replicating {
            phase = .probing
            next = match.next
        }
        flights.removeAll(keepingCapacity: true)
    }
}
