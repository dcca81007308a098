import Raft

/// Which peers' machines say that nobody listens there, and which disks are known to be full.
struct Reachability {
    private var refusedAt: [NodeID: Instant] = [:]
    private var heardAt: [NodeID: Instant] = [:]
    private var diskFull: Set<NodeID> = []

    /// How long a refusal is believed.
    static let refusalLifetime = Duration.seconds(1)

    mutating func noteRefused(_ peer: NodeID, now: Instant) { refusedAt[peer] = now }

    mutating func noteHeard(_ peer: NodeID, now: Instant) {
        refusedAt[peer] = nil
        heardAt[peer] = now
    }

    mutating func noteDisk(of peer: NodeID, isFull: Bool) {
        if isFull { diskFull.insert(peer) } else { diskFull.remove(peer) }
    }

    func isRefused(_ peer: NodeID, now: Instant) -> Bool {
        guard let time = refusedAt[peer] else { return false }
        return now.since(time) < Self.refusalLifetime
    }

    /// How many peers said last that their disk is full.
    var fullCount: Int { diskFull.count }

    /// Whether the peer was heard lately, and said that its disk has room.
    func hasRoom(_ peer: NodeID, heardSince now: Instant) -> Bool {
        guard let time = heardAt[peer] else { return false }
        return now.since(time) < Self.refusalLifetime && !diskFull.contains(peer)
    }
}
