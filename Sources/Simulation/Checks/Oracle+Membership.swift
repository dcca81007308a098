import Raft

// Who belongs to the cluster: each node by its own log, and all of them by the one log that is committed.
extension Oracle {
    /// The one that is committed, and those of later changes that are in some log.
    var possibleMemberships: [Membership] {
        let settled = committed.memberships[committed.memberships.count - 1]
        let known = records.flatMap { $0.stored.memberships + $0.written.memberships }
        // What a former epoch's log has beyond is cut off.
        let possible = known.filter { $0.index > settled.index }
        // Before anything is committed, nobody knows of the membership that the cluster was formed with.
        return ([settled.membership] + possible.map(\.membership)).filter { $0 != .empty && $0.epoch == epoch }
    }

    /// The machine that runs the node with this identity.
    func number(of member: Membership.Member) -> Int? {
        machines.firstIndex { $0.id == member.id && $0.incarnation == member.incarnation }
    }

    func isHeldByQuorum(_ id: EntryID, of membership: Membership) -> Bool {
        let holders = membership.voters.count { voter in
            number(of: voter).map { records[$0].holds(id) } ?? false
        }
        return membership != .empty && holders >= membership.quorum
    }

    /// The machines of all that held messages and voted at this entry or later, as this node's log has it: they count
    /// as copies.
    func voters(since index: LogIndex, by replica: SimulatedReplica) -> [Int] {
        let written = records[replica.machine.number].written
        let first = written.memberships.lastIndex { $0.index <= index } ?? 0
        let members = written.memberships[first...].flatMap { $0.membership.members.filter { $0.kind == .voter } }
        return Set(members.compactMap(number)).sorted()
    }

    /// Raft §6: a node goes by the latest membership in its log, committed or not, and by the one before where that is
    /// cut off (E4).
    func checkMembership(of replica: SimulatedReplica) {
        let written = records[replica.machine.number].written
        if replica.node.membership != written.membership {
            violation(
                .membershipDiffers,
                "\(replica.machine.id) goes by \(replica.node.membership.members.map(\.id)), its log by "
                    + "\(written.membership.members.map(\.id))"
            )
        }
        checkDivergence(of: replica)
        if let teller = replica.node.removedBy, !hasRemoved(replica.machine.identity) {
            violation(.membershipDiffers, "\(replica.machine.id) believes \(teller) that it was removed")
        }
    }

    /// Here, or in a later epoch that the node knows nothing of.
    private func hasRemoved(_ identity: MemberIdentity) -> Bool {
        !committed.membership.recognises(identity) || children.contains { $0.hasRemoved(identity) }
    }

    /// A membership entry is written for the first time, or once more.
    func note(_ membership: Membership, _ id: EntryID, by replica: SimulatedReplica) {
        guard memberships[id] == nil else { return }
        memberships[id] = membership
        let former = records[replica.machine.number].written.formerMembership ?? .empty
        // The one the cluster was formed with comes after nobody's.
        guard replica.node.role == .leader, former != .empty else { return }
        // E1, E2: whoever else may begin a change knows of the same one before.
        let written = records[replica.machine.number].written
        let commit = replica.node.commit
        let isSettled = written.memberships.dropLast().last.map {
            // What it has committed just now is judged next.
            $0.index <= commit && ($0.index > committed.last || committed.membership(at: $0.index) == $0.membership)
        }
        let hasCommitted = (committed.entry(at: commit) ?? written.entry(at: commit))?.id.term == id.term
        if isSettled != true || !hasCommitted {
            violation(.changeTooSoon, "\(replica.machine.id) begins change \(id) before the last is settled")
        }
        if !Self.quorumsIntersect(former, membership) {
            violation(.changeTooSoon, "\(replica.machine.id) begins change \(id): old and new quorums may be apart")
        }
    }

    /// Whether every quorum of the one shares a voter with every quorum of the other (dissertation §4.1).
    static func quorumsIntersect(_ one: Membership, _ other: Membership) -> Bool {
        let voters = Set(one.voters.map(\.incarnation)), others = Set(other.voters.map(\.incarnation))
        return one.quorum + other.quorum > voters.union(others).count
    }

    /// §5.2: a leader has the votes of a majority, as its own log counts it.
    func checkElection(of replica: SimulatedReplica) {
        let (term, membership) = (replica.node.term, replica.node.membership)
        let given = membership.voters.count { voter in
            number(of: voter).map { votes[Vote(voter: $0, term: term)] == replica.machine.id } ?? false
        }
        if given < membership.quorum {
            violation(.electedWithoutQuorum, "\(replica.machine.id) leads in term \(term) with \(given) votes")
        }
    }

    // MARK: What operators are told

    /// A change was reported done: it is what stands in the log at this place.
    func changed(_ call: AdministrationCall, at indexes: ClosedRange<LogIndex>, by replica: SimulatedReplica) {
        guard let id = call.entry, indexes == id.index...id.index, committed.entry(at: id.index)?.id == id else {
            return violation(.operatorMisled, "\(replica.machine.id) reports \(indexes) done, which is not the change")
        }
    }

    /// A change was reported as not made.
    func refused(_ call: AdministrationCall) {
        if let id = call.entry, chains[id] != nil { refusedChanges.append(id) }
    }

    /// A wish was said to be fulfilled already.
    func reached(_ goal: MemberGoal, by replica: SimulatedReplica) {
        if !goal.wasReached(in: committed.memberships) {
            violation(.operatorMisled, "\(replica.machine.id) says that \(goal) is so, and it never was")
        }
    }

    func concludeChanges() {
        for id in refusedChanges where committed.entry(at: id.index)?.id == id {
            violation(.operatorMisled, "the change \(id) was reported as not made, and is committed")
        }
    }
}
