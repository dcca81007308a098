/// Terms and roles: what several RPCs have in common.
extension RaftNode {
    package var term: Term { hardState.term }
    var quorum: Int { membership.quorum }

    /// Only a voter of this very incarnation may campaign: a learner does not vote, a witness has no messages to lead
    /// with, and a node that lost its disk is another member.
    ///
    /// Dissertation §4.2.2: also one that is removed by an entry not known to be committed, for "it might still be
    /// needed until the C_new entry is committed": nobody else may have as much in its log.
    ///
    /// B14: none that lost entries which may not be committed: it could not send them to anybody.
    var mayCampaign: Bool {
        // Who is about to take over another epoch's log does not speak for the voters of its own.
        guard !hasStopped, !isJoining else { return false }
        guard damagedThrough ?? .zero <= commit else { return false }
        func isVoter(_ membership: Membership) -> Bool {
            membership.recognises(identity) && membership[identity.id]?.kind == .voter
        }
        if isVoter(membership) { return true }
        guard memberships.latest.index > commit, let previous = memberships.previous else { return false }
        return isVoter(previous.membership)
    }

    /// §5.1: "If one server’s current term is smaller than the other’s, then it updates its current term to the larger
    /// value. If a candidate or leader discovers that its term is out of date, it immediately reverts to follower."
    ///
    /// B4: a term seen is not a vote given.
    mutating func adopt(_ newer: Term) {
        guard newer > term else { return }
        setHardState(HardState(term: newer, vote: nil))
        becomeFollower()
    }

    /// B3: the vote stays what it is, whatever the reason. The time until the next campaign goes on running, except for
    /// a leader, who had none.
    mutating func becomeFollower() {
        let led = election.role == .leader
        election.becomeFollower()
        guard led else { return }
        lastLed = now
        committedLeading = commit
        if leadership?.farewells.isEmpty == false { peersChanged = true }
        leadership = nil
        proposals.loseLeadership()
        failReads()
        election.wait(drawElectionTimeout(), now: now)
    }

    /// A leader of this term was heard: an append or a heartbeat came from it.
    mutating func follow(_ leader: NodeID) {
        if let known = election.leader, known != leader {
            return halt(
                .twoLeaders,
                "\(known) and \(leader) both lead in term \(term): two nodes share an identity, or one lost its vote"
            )
        }
        // §5.2: "If the leader’s term is at least as large as the candidate’s current term, then the candidate
        // recognizes the leader as legitimate and returns to follower state."
        if election.role != .follower { becomeFollower() }
        election.heard(leader, now: now)
        concludeTransfer(to: leader)
    }

    /// §5.2: "Raft uses randomized election timeouts": between once and twice the setting, drawn anew each time (C9).
    mutating func drawElectionTimeout() -> Duration {
        settings.electionTimeout + draw(below: settings.electionTimeout)
    }

    mutating func draw(below bound: Duration) -> Duration {
        .nanoseconds(Int64(random.next(below: bound.wholeNanoseconds)))
    }

    mutating func halt(_ code: Fault.Code, _ explanation: String) {
        fault = Fault(code: code, explanation: "\(identity.id): \(explanation)")
    }
}
