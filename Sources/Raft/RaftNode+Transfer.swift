/// A leader that hands its office over, from the request until a successor leads (dissertation §3.10).
struct Transfer: Hashable, Sendable {
    /// Whose wish it is; nil where this node leaves on its own account.
    let ticket: Ticket?
    let target: NodeID
    /// When this node gives up, and leads on.
    let end: Instant
    /// When the target was last told to campaign; nil while it lacks entries.
    var told: Instant?
}

/// Leadership transfer (dissertation §3.10): "the prior leader sends its log entries to the target server, then the
/// target server runs an election without waiting for an election timeout to elapse".
extension RaftNode {
    mutating func transferLeadership(_ ticket: Ticket, to wanted: NodeID?) {
        guard leadership != nil else { return settled.append(.rejected(ticket, .notLeader(leader: election.leader))) }
        guard transfer == nil else { return settled.append(.rejected(ticket, .transferring)) }
        if wanted == identity.id { return settled.append(.transferred(ticket, to: identity.id)) }
        guard let target = successor(wanted) else { return settled.append(.rejected(ticket, .noSuccessor)) }
        transfer = Transfer(ticket: ticket, target: target, end: now + settings.electionTimeout)
    }

    /// Who takes over: the one wanted, or whoever lacks least. Only a voter that can be reached and holds messages.
    func successor(_ wanted: NodeID?) -> NodeID? {
        let able = leadership?.peers.filter { $0.kind == .voter && isAtHand($0) } ?? []
        if let wanted { return able.first { $0.id == wanted }?.id }
        return able.max { $0.match < $1.match }?.id
    }

    /// Once the target has everything, for no proposals are taken meanwhile, and appends go their way. Again at
    /// heartbeat pace, for the request may get lost. Who leaves the cluster with its office waits until all of it is
    /// committed: no successor tells it.
    mutating func tellSuccessor() {
        guard let leadership, let transfer, let place = leadership.place(of: transfer.target),
            leadership.peers[place].match >= log.lastIndex, isVoter || commit == log.lastIndex
        else { return }
        if let told = transfer.told, now < told + settings.heartbeatInterval { return }
        announcements.append(.request(.timeoutNow(TimeoutNow(term: term)), to: transfer.target))
        self.transfer?.told = now
    }

    /// When a leader has to look at its transfer again.
    var transferDeadline: Instant? {
        guard let transfer else { return nil }
        return min(transfer.end, transfer.told.map { $0 + settings.heartbeatInterval } ?? transfer.end)
    }

    /// "If leadership transfer does not complete after about an election timeout, the prior leader aborts the transfer
    /// and resumes accepting client requests."
    mutating func abortTransferWhenDue() {
        guard let transfer, now >= transfer.end else { return }
        concludeTransfer { .rejected($0, .transferTimedOut) }
        if !isVoter, memberships.latest.index <= commit { becomeFollower() }
    }

    /// A leader of a later term was heard: the successor, or somebody else who was faster.
    mutating func concludeTransfer(to leader: NodeID) {
        guard let transfer else { return }
        concludeTransfer {
            leader == transfer.target ? .transferred($0, to: leader) : .rejected($0, .notLeader(leader: leader))
        }
    }

    /// This node has led no more for as long as it waits for a leader, and heard of none.
    mutating func giveUpTransfer() {
        concludeTransfer { .rejected($0, .notLeader(leader: nil)) }
    }

    private mutating func concludeTransfer(_ settlement: (Ticket) -> Settlement) {
        if let ticket = transfer?.ticket { settled.append(settlement(ticket)) }
        transfer = nil
    }

    // MARK: The target

    mutating func receive(_ request: TimeoutNow, from leader: NodeID, token: ReplyToken) {
        if request.term >= term {
            adopt(request.term)
            follow(leader)
            guard fault == nil else { return }
            // C13: by this route too, only who may campaign does.
            if mayCampaign { campaignForTransfer() }
        }
        promises.append(.reply(.timeoutNow(TimeoutNow.Reply(term: term)), to: leader, token: token))
    }
}
