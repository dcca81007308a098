/// Elections: pre-vote, vote, and the campaign that asks for them.
extension RaftNode {
    // MARK: Asking

    mutating func campaignIfAllowed() {
        guard mayCampaign, election.role != .leader else { return }
        askForPreVotes()
    }

    /// §5.2: "If a follower receives no communication over a period of time called the election timeout, then it
    /// assumes
    /// there is no viable leader and begins an election to choose a new leader."
    mutating func electionDeadlineReached() {
        guard mayCampaign else {
            giveUpTransfer()
            election.forgetLeader()
            return election.wait(drawElectionTimeout(), now: now)
        }
        askForPreVotes()
    }

    /// Dissertation §9.6: "a candidate only increments its term if it first learns from a majority of the cluster that
    /// they would be willing to grant the candidate their votes".
    ///
    /// Pre-votes wait for this node's disk like votes: a node whose disk hangs must not disturb the others (C10).
    private mutating func askForPreVotes() {
        giveUpTransfer()
        election.becomePreCandidate(timeout: drawElectionTimeout(), now: now)
        if isVoter { election.count(identity.id, granted: true) }
        askVoters(RequestVote(term: term.next, isPreVote: true, lastEntry: log.lastEntry))
        concludeElection()
    }

    /// §5.2: "To begin an election, a follower increments its current term and transitions to candidate state. It then
    /// votes for itself and issues RequestVote RPCs in parallel to each of the other servers in the cluster."
    private mutating func askForVotes(isTransfer: Bool = false) {
        election.becomeCandidate(timeout: drawElectionTimeout(), now: now)
        // B2: a promise, so it leaves once term and vote are on disk; our own vote counts then, not before.
        setHardState(HardState(term: term.next, vote: identity.id))
        askVoters(RequestVote(term: term, isPreVote: false, lastEntry: log.lastEntry, isTransfer: isTransfer))
    }

    /// The leader itself wants it: nobody needs to be asked first, and nobody may refuse because the leader is well.
    mutating func campaignForTransfer() { askForVotes(isTransfer: true) }

    private mutating func askVoters(_ request: RequestVote) {
        for voter in membership.voters where voter.id != identity.id {
            promises.append(.request(.requestVote(request), to: voter.id))
        }
    }

    // MARK: Answering

    mutating func receive(_ request: RequestVote, from candidate: NodeID, token: ReplyToken) {
        // Dissertation §4.2.3: "if a server receives a RequestVote request within the minimum election timeout of
        // hearing from a current leader, it does not update its term or grant its vote."
        // Unless that leader itself asked for the election.
        if !request.isTransfer, election.isLeaderFresh(within: settings.electionTimeout, now: now) {
            return answer(request, granted: false, to: candidate, token: token)
        }
        // §5.1: "If a server receives a request with a stale term number, it rejects the request." C1: with our term,
        // also a pre-vote's, or the candidate would never catch up.
        guard request.term >= term else { return answer(request, granted: false, to: candidate, token: token) }
        if request.isPreVote {
            answerPreVote(request, from: candidate, token: token)
        } else {
            answerVote(request, from: candidate, token: token)
        }
    }

    private mutating func answerPreVote(_ request: RequestVote, from candidate: NodeID, token: ReplyToken) {
        let granted = (request.term > term || mayVote(for: candidate)) && isUpToDate(request.lastEntry)
        if granted, election.isHurried(now: now) {
            election.standBack(for: drawPreVoteRetry(), now: now)
        }
        answer(request, granted: granted, to: candidate, token: token)
    }

    private mutating func answerVote(_ request: RequestVote, from candidate: NodeID, token: ReplyToken) {
        adopt(request.term)
        let granted = mayVote(for: candidate) && isUpToDate(request.lastEntry)
        if granted {
            if hardState.vote == nil { setHardState(HardState(term: term, vote: candidate)) }
            if election.role != .follower { becomeFollower() }
            // C5: only a vote given resets the time; a refusal must not.
            election.waitAgain(now: now)
        }
        answer(request, granted: granted, to: candidate, token: token)
    }

    /// §5.2: "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis".
    private func mayVote(for candidate: NodeID) -> Bool {
        hardState.vote == candidate || (hardState.vote == nil && election.leader == nil)
    }

    /// §5.4.1: "the voter denies its vote if its own log is more up-to-date than that of the candidate." C12: by the
    /// last entry's term first, its index second, which is the order of `EntryID`.
    private func isUpToDate(_ candidateLast: EntryID) -> Bool { candidateLast >= log.lastEntry }

    /// A promise, granted or not: it carries our term. C3: a granted pre-vote echoes the term that was asked for.
    private mutating func answer(_ request: RequestVote, granted: Bool, to candidate: NodeID, token: ReplyToken) {
        let reply = RequestVote.Reply(
            term: request.isPreVote && granted ? request.term : term,
            isPreVote: request.isPreVote,
            granted: granted
        )
        promises.append(.reply(.requestVote(reply), to: candidate, token: token))
    }

    // MARK: Counting

    mutating func receive(_ reply: RequestVote.Reply, from voter: NodeID) {
        guard let member = membership[voter], member.kind != .learner else { return }
        if reply.term > term, !(reply.isPreVote && reply.granted) {
            // C2: also a refused pre-vote teaches the term, or a long log in a low term could never win.
            adopt(reply.term)
            return hurryAfterRefusal()
        }
        let answersCampaign =
            reply.isPreVote
            ? election.role == .preCandidate && (!reply.granted || reply.term == term.next)
            : election.role == .candidate && reply.term == term
        guard answersCampaign else { return }
        election.count(voter, granted: reply.granted)
        if !reply.granted { hurryAfterRefusal() }
        concludeElection()
    }

    /// Our own vote is on disk.
    mutating func ownVotePersisted() {
        // C11: by now the term may be another.
        guard election.role == .candidate, hardState.vote == identity.id, isVoter else { return }
        election.count(identity.id, granted: true)
        concludeElection()
    }

    private mutating func concludeElection() {
        switch election.outcome(quorum: quorum) {
        case .open: break
        case .lost: becomeFollower()
        case .won:
            switch election.role {
            case .preCandidate: askForVotes()
            case .candidate: becomeLeader()
            case .follower, .leader: preconditionFailure("a \(election.role.rawValue) counts no votes")
            }
        }
    }
}
