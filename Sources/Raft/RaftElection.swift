/// What a node knows of the current term's election: its role, the leader it follows, the votes it has, and when it
/// runs out of patience.
///
/// Legal transitions (Raft figure 4, with the pre-vote of dissertation §9.6 in front):
/// ```
/// follower     → preCandidate   no leader was heard in time; or told to campaign
/// follower     → candidate      its leader hands over to it
/// preCandidate → candidate      a quorum would vote for it
/// preCandidate → preCandidate   time is up, try again
/// preCandidate → follower       a quorum would not; or a leader or a higher term was heard
/// candidate    → leader         a quorum voted for it, its own durable vote included
/// candidate    → preCandidate   time is up, try again
/// candidate    → follower       a quorum voted for another; or a leader or a higher term was heard
/// leader       → follower       a higher term was heard; no contact to a quorum; its disk hangs
/// ```
package struct RaftElection: Hashable, Sendable {
    package enum Role: String, Sendable {
        case follower
        /// Asks whether it would be elected, without taking a new term.
        case preCandidate
        case candidate
        case leader
    }

    private(set) var role: Role = .follower
    /// The leader of the current term, as far as known. Itself when leading.
    private(set) var leader: NodeID?
    /// When the leader was last heard.
    private(set) var leaderHeard: Instant = .zero
    /// When to campaign, or to campaign again.
    private(set) var deadline: Instant
    /// The time drawn for this wait.
    private var timeout: Duration
    /// Until when a fast failover goes on: refused pre-votes are then tried again soon.
    private var hurryEnd: Instant = .zero
    /// Who answered the current campaign, and how. Each voter counts once.
    private var granted: [NodeID] = []
    private var refused: [NodeID] = []

    init(timeout: Duration, now: Instant) {
        self.timeout = timeout
        deadline = now + timeout
    }

    // MARK: Transitions

    /// Also from follower to follower: of another leader, or of none yet.
    mutating func becomeFollower() {
        role = .follower
        leader = nil
        forgetVotes()
    }

    /// C3: a pre-candidate has no leader, or two of them would wait for each other's.
    mutating func becomePreCandidate(timeout: Duration, now: Instant) {
        precondition(role != .leader, "a leader does not campaign")
        role = .preCandidate
        leader = nil
        forgetVotes()
        self.timeout = timeout
        deadline = now + timeout
    }

    mutating func becomeCandidate(timeout: Duration, now: Instant) {
        precondition(role == .preCandidate || role == .follower, "a \(role.rawValue) does not become a candidate")
        role = .candidate
        leader = nil
        forgetVotes()
        self.timeout = timeout
        deadline = now + timeout
    }

    mutating func becomeLeader(_ id: NodeID) {
        precondition(role == .candidate, "a \(role.rawValue) cannot become leader")
        role = .leader
        leader = id
        hurryEnd = .zero
        forgetVotes()
    }

    // MARK: Following

    mutating func heard(_ leader: NodeID, now: Instant) {
        precondition(role == .follower, "a \(role.rawValue) follows nobody")
        self.leader = leader
        leaderHeard = now
        hurryEnd = .zero
        deadline = now + timeout
    }

    mutating func forgetLeader() { leader = nil }

    /// Whether a live leader is known: heard within `timeout`, the least one anybody waits.
    func isLeaderFresh(within timeout: Duration, now: Instant) -> Bool {
        role == .leader || (leader != nil && now < leaderHeard + timeout)
    }

    // MARK: Waiting

    mutating func wait(_ timeout: Duration, now: Instant) {
        self.timeout = timeout
        deadline = now + timeout
    }

    /// A vote was given: the one who has it gets the time to use it.
    mutating func waitAgain(now: Instant) { deadline = now + timeout }

    mutating func hurry(for delay: Duration, until end: Instant, now: Instant) {
        hurryEnd = end
        deadline = now + delay
    }

    func isHurried(now: Instant) -> Bool { now < hurryEnd }

    mutating func retry(in delay: Duration, now: Instant) { deadline = min(deadline, now + delay) }

    /// Lets another voter's campaign, which seems to succeed, go first.
    mutating func standBack(for delay: Duration, now: Instant) { deadline = max(deadline, now + delay) }

    // MARK: Counting

    mutating func count(_ voter: NodeID, granted isGranted: Bool) {
        guard !granted.contains(voter), !refused.contains(voter) else { return }
        if isGranted { granted.append(voter) } else { refused.append(voter) }
    }

    var grants: [NodeID] { granted }

    enum Outcome { case won, lost, open }

    /// §5.2: a candidate wins with the votes of a majority; with the refusals of one it cannot win any more.
    func outcome(quorum: Int) -> Outcome {
        if granted.count >= quorum { return .won }
        return refused.count >= quorum ? .lost : .open
    }

    private mutating func forgetVotes() {
        granted.removeAll(keepingCapacity: true)
        refused.removeAll(keepingCapacity: true)
    }
}
