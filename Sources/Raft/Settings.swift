/// How a node behaves. All nodes of a cluster should run with equal settings.
package struct Settings: Hashable, Sendable {
    /// How often a leader shows that it lives. 50 ms: a third of the election timeout.
    package var heartbeatInterval: Duration
    /// The least time without a leader before a campaign; each campaign waits a fresh random time between this and
    /// twice this. Also how long a leader stays one without hearing from a quorum.
    package var electionTimeout: Duration
    /// Most bytes of payload in one append; a single batch above it is sent alone.
    package var appendBytesMax: Int
    /// Most entries in one append; a single batch above it is sent alone.
    package var appendEntriesMax: Int
    /// Most appends on their way to one peer. One HTTP connection carries one.
    package var appendsInFlightMax: Int
    /// Most bytes of proposed but uncommitted payload before proposals are refused.
    package var uncommittedBytesMax: Int
    /// Most bytes of committed payload kept in memory for peers that lag.
    package var retainedBytesMax: Int
    /// After a refused connection to the leader: the most time until the pre-vote.
    package var refusedLeaderDelayMax: Duration
    /// After a refused pre-vote in a fast failover: the least time until the next; at most twice this.
    package var refusedPreVoteRetry: Duration
    /// In a pair with a witness: how long the backup may lag without progress, or say nothing, before the primary goes
    /// on without it; and how long a hand-over back to the backup may take.
    package var degradeAfter: Duration

    package init(
        heartbeatInterval: Duration = .milliseconds(50),
        electionTimeout: Duration = .milliseconds(150),
        appendBytesMax: Int = 1 << 20,
        appendEntriesMax: Int = 1024,
        appendsInFlightMax: Int = 1,
        uncommittedBytesMax: Int = 64 << 20,
        retainedBytesMax: Int = 16 << 20,
        refusedLeaderDelayMax: Duration = .milliseconds(20),
        refusedPreVoteRetry: Duration = .milliseconds(5),
        degradeAfter: Duration = .seconds(1)
    ) {
        precondition(heartbeatInterval > .zero && electionTimeout > heartbeatInterval, "timeouts must be ordered")
        precondition(appendsInFlightMax > 0 && appendEntriesMax > 0 && appendBytesMax > 0, "windows must be open")
        self.heartbeatInterval = heartbeatInterval
        self.electionTimeout = electionTimeout
        self.appendBytesMax = appendBytesMax
        self.appendEntriesMax = appendEntriesMax
        self.appendsInFlightMax = appendsInFlightMax
        self.uncommittedBytesMax = uncommittedBytesMax
        self.retainedBytesMax = retainedBytesMax
        self.refusedLeaderDelayMax = refusedLeaderDelayMax
        self.refusedPreVoteRetry = refusedPreVoteRetry
        self.degradeAfter = degradeAfter
    }
}
