/// Membership changes: one voter at a time, in force as soon as their entry is in the log (dissertation chapter 4).
extension RaftNode {
    /// Who belongs to the cluster, as this node's log has it: committed or not.
    package var membership: Membership { memberships.latest.membership }

    /// Who belonged to the cluster after this entry, which may be folded away: never one that came later (E5).
    package func membership(at index: LogIndex) -> Membership { memberships.membership(at: index) }

    /// Whether this node's own vote and copy count.
    var isVoter: Bool { membership.recognises(identity) && membership[identity.id]?.kind != .learner }

    var isWitness: Bool { membership.recognises(identity) && membership[identity.id]?.kind == .witness }

    // MARK: The log

    /// Every entry comes into the log here, and every membership with it.
    mutating func appendToLog(_ entry: Entry) {
        log.append(entry)
        guard entry.kind == .membership else { return }
        guard let membership = decodedMembership(entry) else {
            preconditionFailure("entry \(entry.id) holds no membership of cluster \(cluster)")
        }
        memberships.append(MembershipVersion(index: entry.index, membership: membership))
        membershipChanged()
    }

    mutating func truncateLog(after index: LogIndex) {
        log.truncate(after: index)
        if memberships.truncate(after: index) { membershipChanged() }
    }

    /// Nil for bytes that no leader of this cluster wrote.
    func decodedMembership(_ entry: Entry) -> Membership? {
        guard let (membership, cluster) = try? MembershipCoding.decode(entry.payload), cluster == self.cluster
        else { return nil }
        return membership
    }

    // MARK: Changing it

    mutating func changeMembership(_ ticket: Ticket, _ change: MembershipChange) {
        let next: Membership
        do {
            next = try membership(after: change)
        } catch {
            return settled.append(.rejected(ticket, error))
        }
        appendMembership(next, for: ticket)
    }

    /// - Parameter ticket: whose wish it is; nil where the leader does it on its own account.
    mutating func appendMembership(_ next: Membership, for ticket: Ticket?) {
        let entry = Entry(
            id: EntryID(term: term, index: log.lastIndex.next),
            kind: .membership,
            payload: MembershipCoding.encode(next, cluster: cluster),
            after: log.lastChain
        )
        appendToLog(entry)
        guard let ticket else { return }
        proposals.append(
            PendingProposals.Pending(
                ticket: ticket,
                indexes: entry.index...entry.index,
                term: term,
                copies: 1,
                bytes: entry.footprint
            )
        )
    }

    func membership(after change: MembershipChange) throws(Rejection) -> Membership {
        guard let leadership else { throw .notLeader(leader: election.leader) }
        guard transfer == nil else { throw .transferring }
        // E1: a leader appends no membership before it has committed an entry of its own term (Ongaro, raft-dev, 2015).
        // E2: nor before the last one is committed (dissertation §4.1).
        guard isLeaderReady, memberships.latest.index <= commit else { throw .change(.unsettled) }
        let next: Membership
        do throws(MembershipChange.Refusal) {
            next = try membership.changed(by: change)
            // C15: who was removed is heard no more, and may hold what its new kind must not. It comes back as another.
            if case .add(let member) = change, memberships.everHad(member.incarnation) {
                throw .duplicateMember
            }
            if case .promote(let learner) = change { try requireCaughtUp(learner, leadership) }
        } catch {
            throw .change(error)
        }
        // Without a quorum of the new voters the change itself could never be committed.
        let atHand = next.voters.count { voter in
            voter.id == identity.id || leadership.peers.contains { $0.id == voter.id && isAtHand($0) }
        }
        guard atHand >= next.quorum, hasQuorumAtHand, canCommit(leadership) else { throw .noQuorum }
        return next
    }

    /// E7: a voter that lacks entries could be the one that commits wait for.
    private func requireCaughtUp(_ learner: NodeID, _ leadership: Leadership) throws(MembershipChange.Refusal) {
        guard let peer = leadership.peers.first(where: { $0.id == learner }) else { throw .unknownMember }
        let lag = peer.match.distance(to: log.lastIndex)
        // Dissertation §4.2.1: the last round "lasts less than an election timeout".
        let isRecent = peer.catchUp.currentAsOf.map { now < $0 + settings.electionTimeout } ?? false
        let window = settings.appendEntriesMax * settings.appendsInFlightMax
        guard isAtHand(peer), lag == 0 || (isRecent && lag <= window) else { throw .lagging(learner, entries: lag) }
        // A member whose log still ends with the former one of this name would not hear the new one, even as leader.
        guard let start = memberships.nameIsFree(for: learner, peer.incarnation) else { return }
        for other in leadership.peers where other.match < start {
            throw .lagging(other.id, entries: other.match.distance(to: log.lastIndex))
        }
    }

    // MARK: Its effects

    /// E3: who is counted, how many make a quorum, and who is sent to, all follow from the one membership.
    mutating func membershipChanged() {
        peersChanged = true
        haltIfPayloadsAreMissing()
        guard var leading = leadership else { return }
        let before = leading.peers
        leading.peers = membership.members.filter { $0.id != identity.id }.map { member in
            // A9: what is known of a peer stays, whatever becomes of it.
            guard var known = before.first(where: { $0.id == member.id && $0.incarnation == member.incarnation })
            else { return Progress(member, next: log.lastIndex, lastContact: nil) }
            known.kind = member.kind
            return known
        }
        leading.farewells = leading.farewells.filter { membership[$0.member.id] == nil } + farewells(before)
        let backup = isVoter ? Leadership.backup(among: leading.peers, settings: settings, now: now) : nil
        if backup?.id != leading.backup?.id {
            leading.backup = backup
            // Whatever the witness was sent so far.
            leading.backup?.sentToWitness(through: log.lastIndex)
        }
        leading.copiesMayHaveGrown = true
        leadership = leading
        // A13: with fewer voters, fewer make a quorum: entries and reads that wait may have it already.
        advanceLeaderCommit()
        confirmReads()
    }

    /// A leader whose log was trimmed may not know that it adds a former witness in its old incarnation.
    mutating func haltIfPayloadsAreMissing() {
        guard memberships.lacksPayloads(of: identity) else { return }
        halt(
            .payloadsMissing,
            "as a witness it stored no messages, and cannot hold them now: bring it back with an empty data directory"
        )
    }

    // MARK: Leaving

    /// E6: until its removal is committed "a leader can manage a cluster that does not include itself; it replicates
    /// log entries but does not count itself in majorities" (dissertation §4.2.2). Then it hands over, or steps down
    /// where nobody can take over.
    mutating func leaveOffice() {
        guard leadership != nil, !isVoter, memberships.latest.index <= commit, transfer == nil else { return }
        guard let target = successor(nil) else { return becomeFollower() }
        transfer = Transfer(ticket: nil, target: target, end: now + settings.electionTimeout)
    }

    /// Whether a member was removed for good: it need not be heard, and can be told.
    package func hasRemoved(_ member: MemberIdentity) -> Bool { memberships.hasRemoved(member, commit: commit) }

    /// C15: a node that was away when it was removed asks for votes in vain. From a member it learns why. Whatever its
    /// own log says, it belongs no more: it neither campaigns nor leads, also where it was promoted since. Its log may
    /// well have the removal; that it is committed is not known after a start.
    mutating func hearOfRemoval(from sender: MemberIdentity) {
        guard membership.recognises(sender), isMember, !hasStopped else { return }
        removedBy = sender.id
        giveUpTransfer()
        becomeFollower()
    }

    /// It hears nobody, until it is started again.
    var hasStopped: Bool { divergence != nil || removedBy != nil || stopped != nil }

    /// E6: whoever follows a leader may know of its removal before that leader has handed over. In its own term it is
    /// heard.
    func isOutgoingLeader(_ sender: MemberIdentity, _ request: RPCRequest) -> Bool {
        guard election.leader == sender.id, request.term == term, membership[sender.id] == nil, hasRemoved(sender)
        else { return false }
        return switch request {
        case .appendEntries, .heartbeat, .installSnapshot, .timeoutNow: true
        case .requestVote, .readIndex: false
        }
    }

    private func farewells(_ before: [Progress]) -> [Farewell] {
        guard let previous = memberships.previous?.membership else { return [] }
        return before.compactMap { peer in
            guard membership[peer.id] == nil, let member = previous[peer.id], isAtHand(peer) else { return nil }
            return Farewell(member: member, next: peer.match.next, removal: memberships.latest.index)
        }
    }

    /// Tells those who were removed, once it is committed: one append with what they lack, if it is at hand. It may get
    /// lost: nothing depends on it, but who knows of its removal does not campaign.
    mutating func sayFarewells() {
        guard let leading = leadership, leading.farewells.contains(where: { $0.removal <= commit }) else { return }
        for farewell in leading.farewells where farewell.removal <= commit {
            if let append = lastAppend(farewell) {
                announcements.append(.request(.appendEntries(append), to: farewell.member.id))
            }
        }
        leadership?.farewells.removeAll { $0.removal <= commit }
        peersChanged = true
    }

    private func lastAppend(_ farewell: Farewell) -> AppendEntries? {
        guard farewell.next >= log.firstInMemory, let previousTerm = log.term(at: farewell.next.previous)
        else { return nil }
        var entries = log.batches(
            from: farewell.next,
            through: farewell.removal,
            entriesMax: settings.appendEntriesMax,
            bytesMax: settings.appendBytesMax
        )
        guard entries.last?.index == farewell.removal else { return nil }
        if farewell.member.kind == .witness { entries = entries.map(\.withoutPayload) }
        return AppendEntries(
            term: term,
            previous: EntryID(term: previousTerm, index: farewell.next.previous),
            previousChain: log.chain(at: farewell.next.previous),
            entries: entries,
            commit: farewell.removal
        )
    }

    // MARK: Peers

    /// The nodes that this one has to be able to send to, sorted by name.
    package var peers: [Membership.Member] {
        let members = membership.members.filter { $0.id != identity.id }
        guard let farewells = leadership?.farewells, !farewells.isEmpty else { return members }
        return Membership(members + farewells.map(\.member).filter { membership[$0.id] == nil }).members
    }
}

/// A member that a change removed, and that is to be told so.
struct Farewell: Hashable, Sendable {
    let member: Membership.Member
    /// The first entry that it is not known to have.
    let next: LogIndex
    /// The entry that removes it.
    let removal: LogIndex
}
