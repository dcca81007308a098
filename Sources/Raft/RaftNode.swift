/// One member of a Raft cluster, as a value: no clock, no threads, no disk, no network. The shell feeds it what happens
/// with `step`, then takes what it has to do with `takeReady` and obeys it field by field.
///
/// Deterministic: equal restored states, seeds, events and times give equal outputs.
package struct RaftNode: Sendable {
    package let identity: MemberIdentity
    package let settings: Settings
    package let cluster: ClusterID
    /// Set once, when this node has seen what must not happen: from then on it takes nothing and gives nothing.
    package internal(set) var fault: Fault?
    /// Appends that were dropped because they were not what a leader sends: damaged on the way.
    package internal(set) var corruptAppends = 0

    /// The time of the event being stepped.
    var now: Instant
    var random: SplitMix64
    var hardState: HardState
    var hardStateDurability = HardStateDurability.durable
    var log: RaftLog
    var memberships: MembershipHistory
    var election: RaftElection
    /// The highest entry known to be committed. Not stored: a node that starts learns most of it again.
    package internal(set) var commit: LogIndex
    /// What it committed itself, when it last stopped leading.
    var committedLeading: LogIndex = .zero
    /// Everything up to here was handed out to be applied.
    var handedOut: LogIndex
    /// When this node last led; before it ever did, when it started.
    var lastLed: Instant
    /// Of the leader it follows, where its log does not speak of it yet.
    var joining: Epoch?
    /// Set once: from then on it hears nobody, and does not campaign.
    package internal(set) var divergence: Divergence?
    /// The member that told this node of its removal: as after a divergence, it hears nobody.
    package internal(set) var removedBy: NodeID?
    /// Set once, when this node's history turned out not to be the voters': from then on it takes part in nothing.
    var stopped: HistoryDifference?
    var doubt: Doubt?
    /// The last entry that this node's disk can't give back.
    var damagedThrough: LogIndex?
    /// Nil unless leading.
    var leadership: Leadership?
    /// Of this node's office; it stays until a successor is heard.
    var transfer: Transfer?
    var proposals = PendingProposals()
    var reads = ReadQueue()
    var forwardedReads: ForwardedReads
    var lastToken = PersistToken(0)
    /// Installed since the last write was handed out.
    var pendingSnapshot: Snapshot?

    // What the next `takeReady` gives out, beside what it finds in the log.
    var announcements: [Outbound] = []
    var promises: [Outbound] = []
    var settled: [Settlement] = []
    var dropped: [ReplyToken] = []
    var peersChanged = false
    /// The deadline the shell was last told, until it steps it.
    var toldDeadline: Instant?

    /// - Parameter seed: another one at each start of a node: by it this start's questions to a leader are told from
    ///   the last one's (D2).
    package init(
        identity: MemberIdentity,
        settings: Settings,
        seed: UInt64,
        restored: RestoredState,
        now: Instant
    ) {
        self.identity = identity
        self.settings = settings
        self.now = now
        lastLed = now
        cluster = restored.cluster
        memberships = MembershipHistory(
            base: MembershipVersion(index: restored.base.index, membership: restored.membership),
            later: restored.laterMemberships
        )
        hardState = restored.hardState
        log = RaftLog(restored)
        commit = max(restored.applied, restored.committed)
        handedOut = restored.applied
        var random = SplitMix64(seed: seed)
        let spread = random.next(below: settings.electionTimeout.wholeNanoseconds)
        election = RaftElection(timeout: settings.electionTimeout + .nanoseconds(Int64(spread)), now: now)
        self.random = random
        forwardedReads = ForwardedReads(firstRound: Self.firstReadRound(seed: seed))
        haltIfPayloadsAreMissing()
        if log.lastEntry.term > hardState.term {
            halt(
                .hardStateOlderThanLog,
                "the log ends in term \(log.lastEntry.term), the vote file in \(hardState.term): it is an old copy"
            )
        }
    }

    /// Feeds one thing that happened. Call any number of times, then `takeReady`.
    package mutating func step(_ event: Event, now: Instant) {
        guard fault == nil else { return }
        self.now = max(self.now, now)
        switch event {
        case .request(let request, let sender, let epoch, let token):
            receive(request, from: sender, epoch, token: token)
        case .reply(let reply, let sender, let epoch): receive(reply, from: sender, epoch)
        case .otherEpoch(let epoch, let sender): hear(epoch, from: sender)
        case .removed(let sender): hearOfRemoval(from: sender)
        case .undelivered(let peer, let lane): lost(to: peer, lane: lane)
        case .refused(let peer): refused(by: peer)
        case .propose(let proposal): propose(proposal)
        case .read(let ticket): read(ticket)
        case .transferLeadership(let ticket, let target): transferLeadership(ticket, to: target)
        case .changeMembership(let ticket, let change): changeMembership(ticket, change)
        case .promote(let ticket, let promotion): promote(ticket, promotion)
        case .persisted(let token): persisted(token)
        case .trimmed(let last, let chain): trimmed(through: last, chain: chain)
        case .damaged(let last): damagedThrough = last
        case .campaign: campaignIfAllowed()
        case .deadline: deadlineReached()
        }
    }

    /// Everything the shell must now do, or nil. Clears it: the caller owes all of it, in field order.
    package mutating func takeReady() -> Ready? {
        guard fault == nil else { return nil }
        // Before all of an epoch's log is here, none of it is applied.
        log.release(through: isJoining ? log.durableIndex : handedOut, keeping: settings.retainedBytesMax)
        beginReadRound()
        askForReadIndex()
        updateBackup()
        takeBackVoters()
        leaveOffice()
        sendAppends()
        tellSuccessor()
        sendCommitNews()
        var ready = Ready(deadline: nextDeadline)
        ready.peers = takePeers()
        sayFarewells()
        ready.persist = takePersist()
        ready.committed = takeCommitted()
        settleProposals()
        swap(&ready.announcements, &announcements)
        swap(&ready.promises, &promises)
        swap(&ready.settled, &settled)
        swap(&ready.dropped, &dropped)
        guard ready.hasWork || isNewsToShell(ready.deadline) else { return nil }
        toldDeadline = ready.deadline
        return ready
    }

    // MARK: Dispatch

    private mutating func receive(
        _ request: RPCRequest,
        from sender: MemberIdentity,
        _ epoch: Epoch,
        token: ReplyToken
    ) {
        guard mayHear(sender) || isOutgoingLeader(sender, request), request.term <= Self.termMax else {
            return dropped.append(token)
        }
        guard stopped == nil else { return answerStopped(request, from: sender.id, epoch, token: token) }
        guard mayHear(request, from: sender.id, in: epoch) else { return dropped.append(token) }
        switch request {
        case .requestVote(let request): receive(request, from: sender.id, token: token)
        case .appendEntries(let request): receive(request, from: sender.id, token: token)
        case .heartbeat(let request): receive(request, from: sender.id, token: token)
        case .timeoutNow(let request): receive(request, from: sender.id, token: token)
        case .readIndex(let request): receive(request, from: sender.id, token: token)
        case .installSnapshot(let request): receive(request, from: sender.id, token: token)
        }
    }

    private mutating func receive(_ reply: RPCReply, from sender: MemberIdentity, _ epoch: Epoch) {
        guard isPeer(sender), reply.term <= Self.termMax, epoch == self.epoch, !hasStopped else { return }
        switch reply {
        case .requestVote(let reply): receive(reply, from: sender.id)
        case .appendEntries(let reply): receive(reply, from: sender.id)
        case .heartbeat(let reply): receive(reply, from: sender.id)
        case .timeoutNow(let reply): adopt(reply.term)
        case .readIndex(let reply): receive(reply, from: sender.id)
        case .installSnapshot(let reply): receive(reply, from: sender.id)
        }
    }

    /// No cluster lives to see it: a higher term is damage, and one after the highest would overflow.
    private static let termMax = Term(1 << 62)

    private func mayHear(_ sender: MemberIdentity) -> Bool {
        sender.id != identity.id && memberships.mayHear(sender, at: identity, commit: commit)
    }

    private func isPeer(_ sender: MemberIdentity) -> Bool {
        sender.id != identity.id && membership.recognises(sender)
    }

    private mutating func takePeers() -> [Membership.Member]? {
        guard peersChanged else { return nil }
        peersChanged = false
        return peers
    }

    private mutating func deadlineReached() {
        // Used up, even if it came early: the next `Ready` says when to come again.
        toldDeadline = nil
        switch election.role {
        case .leader: leaderDeadlineReached()
        case .follower, .preCandidate, .candidate: if now >= election.deadline { electionDeadlineReached() }
        }
    }

    // MARK: Deadlines

    private var nextDeadline: Instant {
        switch election.role {
        case .leader: leaderDeadline
        case .follower, .preCandidate, .candidate:
            min(election.deadline, forwardedReads.deadline(patience: settings.heartbeatInterval) ?? election.deadline)
        }
    }

    /// A later deadline than the shell was told needs no `Ready` of its own: the shell is told when it steps the
    /// earlier
    /// one.
    private func isNewsToShell(_ deadline: Instant) -> Bool {
        guard let toldDeadline else { return true }
        return deadline < toldDeadline
    }
}

extension Ready {
    /// Whether it says more than the deadline.
    var hasWork: Bool {
        peers != nil || !announcements.isEmpty || persist != nil || !promises.isEmpty || committed != nil
            || !settled.isEmpty || !dropped.isEmpty
    }
}
