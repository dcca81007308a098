import Logging
import Messaging
import Raft
import Storage

// Publishes what the node knows, once a turn.
extension ReplicaLoop {
    mutating func publish() {
        let status = node.status
        noteHistory(status)
        var published = ReplicaStatus(
            nodeID: configuration.id,
            url: configuration.url,
            // One that joins, or was removed, is as good as a learner.
            kind: node.membership[configuration.id]?.kind ?? .learner,
            role: ReplicaStatus.Role(status.role)
        )
        published.incarnation = identity.incarnation
        published.clusterID = cluster.cluster
        published.epoch = status.epoch.number
        published.term = status.term.rawValue
        published.leader = status.leader.flatMap { leader in
            node.membership[leader].map { Primary(id: leader, url: $0.url) }
        }
        published.lastIndex = status.last.index.rawValue
        published.commitIndex = status.commit.rawValue
        published.appliedIndex = broker.appliedIndex
        published.firstID = broker.firstID
        published.lastID = broker.lastID
        published.messageCount = broker.messageCount
        published.isReady = isReady(status)
        published.voters = node.membership.voters.count
        published.members = node.membership.members.map { member(status, $0) }
        published.areMembersSettled = status.membershipIndex <= status.commit
        published.hlc = clock.latest
        published.storageBytes = UInt64(log.storedBytes)
        published.freeBytes = room.freeBytes.map(UInt64.init)
        published.diskFull = !hasRoomForClients
        published.degraded = status.isDegraded
        published.health = health
        published.historyDiffers = status.historyDifference != nil
        published.problems = problems(status)
        self.published.publish(published, leaderContact: leaderContact)
    }

    mutating func noteLeader(_ leader: NodeID?) {
        guard leader != lastLeader else { return }
        if leader == nil { reachability.noteLeaderLost(lastLeader) }
        lastLeader = leader
        logger.notice(
            "the primary changed",
            metadata: ["primary": "\(leader.map(\.rawValue) ?? "none")", "term": "\(node.status.term)"]
        )
    }

    private func isReady(_ status: Raft.Status) -> Bool {
        guard health.isWhole, status.historyDifference == nil else { return false }
        return switch status.role {
        case .leader: status.isLeaderReady
        case .follower: status.leader != nil && broker.appliedIndex >= status.commit.rawValue
        case .preCandidate, .candidate: false
        }
    }

    private func member(_ status: Raft.Status, _ member: Membership.Member) -> ReplicaStatus.Member {
        var shown = ReplicaStatus.Member(id: member.id, url: member.url, kind: member.kind)
        shown.incarnation = member.incarnation
        shown.clockOffsetMilliseconds = clockOffsets.offset(of: member.id, now: now).map { Double($0) / 1000 }
        if member.id == configuration.id {
            shown.clockOffsetMilliseconds = 0
            shown.matchIndex = status.durable.rawValue
            shown.lagEntries = status.last.index.rawValue - status.durable.rawValue
            shown.lastContactMilliseconds = 0
            shown.reachable = true
        } else if let progress = status.peers.first(where: { $0.id == member.id }) {
            shown.matchIndex = progress.match.rawValue
            shown.lagEntries = status.last.index.rawValue - min(progress.match, status.last.index).rawValue
            shown.lastContactMilliseconds = progress.lastContact.map { Self.milliseconds(now.since($0)) }
            shown.reachable = progress.isAtHand
        } else if status.leader == member.id {
            shown.lastContactMilliseconds = leaderContact.map { Self.milliseconds(now.since($0)) }
            shown.reachable = !reachability.isGone(member.id, now: now)
        } else if reachability.isGone(member.id, now: now) {
            shown.reachable = false
        }
        return shown
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        Int(duration.wholeNanoseconds / 1_000_000)
    }
}

extension ReplicaStatus.Role {
    init(_ role: RaftElection.Role) {
        switch role {
        case .follower: self = .follower
        case .preCandidate: self = .preCandidate
        case .candidate: self = .candidate
        case .leader: self = .leader
        }
    }
}
