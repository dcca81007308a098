/// A membership, and the entry that brought it.
package struct MembershipVersion: Hashable, Sendable {
    package var index: LogIndex
    package var membership: Membership

    package init(index: LogIndex, membership: Membership) {
        self.index = index
        self.membership = membership
    }
}

/// The memberships that a log speaks of: that of its base, and those of its membership entries.
///
/// Raft §6: "a server always uses the latest configuration in its log, regardless of whether the entry is committed".
/// With its entry it goes, and the one before counts again (E4).
struct MembershipHistory: Hashable, Sendable {
    /// Oldest first; never empty.
    private var versions: [MembershipVersion]

    init(base: MembershipVersion, later: [MembershipVersion]) {
        versions = [base] + later
        for (version, next) in zip(versions, later) {
            precondition(version.index < next.index, "a membership of \(next.index) after one of \(version.index)")
        }
    }

    var latest: MembershipVersion { versions[versions.count - 1] }

    /// What counted before the latest.
    var previous: MembershipVersion? { versions.count > 1 ? versions[versions.count - 2] : nil }

    /// What counted at `index`, which is not before the history begins.
    func membership(at index: LogIndex) -> Membership {
        (versions.last { $0.index <= index } ?? versions[0]).membership
    }

    mutating func append(_ version: MembershipVersion) {
        precondition(version.index > latest.index, "a membership of \(version.index) after one of \(latest.index)")
        versions.append(version)
    }

    /// Entries above `index` are gone. Whether another membership counts now.
    mutating func truncate(after index: LogIndex) -> Bool {
        let count = versions.count
        while versions.count > 1, latest.index > index { versions.removeLast() }
        return versions.count < count
    }

    /// E5: a snapshot's membership counts, whatever the log spoke of that it replaces.
    mutating func reset(to version: MembershipVersion) { versions = [version] }

    /// The one that is known to be committed, and those after it.
    func inForce(commit: LogIndex) -> ArraySlice<MembershipVersion> {
        versions[(versions.lastIndex { $0.index <= commit } ?? 0)...]
    }

    /// Whether nothing can have been committed without every single voter: in a pair, and alone.
    ///
    /// A change is begun once the one before is committed, so no older memberships count; and the first one is
    /// everybody's from the start.
    func takesAllVoters(commit: LogIndex) -> Bool {
        let counting = latest.index > commit ? versions.suffix(2) : versions.suffix(1)
        return counting.allSatisfy { version in
            version.membership == .empty || version.membership.quorum == version.membership.voters.count
        }
    }

    // MARK: Senders

    /// Whether a request of `sender` may be heard. Members are, as those that an uncommitted change adds or removes.
    /// Strangers are too: the entry that adds them may not have come here yet, and it may be they who bring it. Nobody
    /// under a member's name with another incarnation; and nobody who is known to have been removed (C15).
    ///
    /// A node that does not belong, as far as it knows, can't judge anybody: where it joins, it reads of memberships
    /// long gone before it reads of its own.
    func mayHear(_ sender: MemberIdentity, at node: MemberIdentity, commit: LogIndex) -> Bool {
        let inForce = inForce(commit: commit)
        guard inForce.contains(where: { $0.membership.recognises(node) }) else { return true }
        if inForce.contains(where: { $0.membership.recognises(sender) }) { return true }
        if inForce.contains(where: { $0.membership[sender.id] != nil }) { return false }
        return !versions[..<inForce.startIndex].contains { $0.membership.recognises(sender) }
    }

    /// Whether this very incarnation belonged to the cluster and does no more, for good: its removal is committed.
    func hasRemoved(_ member: MemberIdentity, commit: LogIndex) -> Bool {
        let isInForce = inForce(commit: commit).contains { $0.membership.recognises(member) }
        return !isInForce && versions.contains { $0.membership.recognises(member) }
    }

    /// Whether this very incarnation belongs or ever belonged to the cluster, as far as the log tells.
    func everHad(_ incarnation: Incarnation) -> Bool {
        versions.contains { $0.membership.members.contains { $0.incarnation == incarnation } }
    }

    /// Whether this node's log has stretches from its time as a witness, without payloads, and is to have none now.
    func lacksPayloads(of node: MemberIdentity) -> Bool {
        func kind(_ version: MembershipVersion) -> Membership.Member.Kind? {
            version.membership.recognises(node) ? version.membership[node.id]?.kind : nil
        }
        guard let now = kind(latest), now != .witness else { return false }
        return versions.contains { kind($0) == .witness }
    }

    /// From where on no log takes the name for another incarnation's; nil where it never was another's. Where the
    /// history does not reach back to the first entry, nobody can tell what was before.
    func nameIsFree(for member: NodeID, _ incarnation: Incarnation) -> LogIndex? {
        func isOthers(_ version: MembershipVersion) -> Bool {
            version.membership[member].map { $0.incarnation != incarnation } ?? false
        }
        if let last = versions.lastIndex(where: isOthers) {
            return last < versions.count - 1 ? versions[last + 1].index : latest.index
        }
        return versions[0].index == .zero ? nil : versions[0].index
    }
}
