import Raft

/// Which peers' machines say that nobody listens there, and which disks are known to be full.
struct Reachability {
    private var refusedAt: [NodeID: Instant] = [:]
    private var heardAt: [NodeID: Instant] = [:]
    /// From when to when everything sent to a peer came to nothing.
    private var silence: [NodeID: (since: Instant, last: Instant)] = [:]
    private var diskFull: Set<NodeID> = []

    /// How long a refusal is believed.
    static let refusalLifetime = Duration.seconds(1)
    /// A peer silent for longer is taken for gone: no election waits as long for an answer.
    static let silenceMax = Duration.seconds(1)

    mutating func noteRefused(_ peer: NodeID, now: Instant) { refusedAt[peer] = now }

    /// A follower asks its leader alone: what it knows of the others is from before, when they may have been starting.
    mutating func noteLeaderLost(_ leader: NodeID?) {
        refusedAt = refusedAt.filter { $0.key == leader }
    }

    mutating func noteUnanswered(_ peer: NodeID, now: Instant) {
        // Who is asked nothing any more, because another node leads, says nothing either: old silence proves nothing.
        guard let known = silence[peer], now.since(known.last) < Self.silenceMax else {
            return silence[peer] = (now, now)
        }
        silence[peer] = (known.since, now)
    }

    mutating func noteHeard(_ peer: NodeID, now: Instant) {
        refusedAt[peer] = nil
        silence[peer] = nil
        heardAt[peer] = now
    }

    mutating func noteDisk(of peer: NodeID, isFull: Bool) {
        if isFull { diskFull.insert(peer) } else { diskFull.remove(peer) }
    }

    func isRefused(_ peer: NodeID, now: Instant) -> Bool {
        guard let time = refusedAt[peer] else { return false }
        return now.since(time) < Self.refusalLifetime
    }

    /// Whether the peer is gone, as far as can be told: refused, or silent for long.
    func isGone(_ peer: NodeID, now: Instant) -> Bool {
        if isRefused(peer, now: now) { return true }
        guard let silence = silence[peer] else { return false }
        return now.since(silence.since) >= Self.silenceMax && now.since(silence.last) < Self.silenceMax
    }

    /// How many peers said last that their disk is full.
    var fullCount: Int { diskFull.count }

    /// Whether the peer was heard lately, and said that its disk has room.
    func hasRoom(_ peer: NodeID, heardSince now: Instant) -> Bool {
        guard let time = heardAt[peer] else { return false }
        return now.since(time) < Self.refusalLifetime && !diskFull.contains(peer)
    }
}
