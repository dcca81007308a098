import Raft

/// Which peers' machines say that nobody listens there, and which disks are known to be full.
struct Reachability {
    private var refusedAt: [NodeID: Instant] = [:]
    private var diskFull: Set<NodeID> = []

    /// How long a refusal is believed.
    static let refusalLifetime = Duration.seconds(1)

    mutating func noteRefused(_ peer: NodeID, now: Instant) { refusedAt[peer] = now }

    mutating func noteHeard(_ peer: NodeID) { refusedAt[peer] = nil }

    mutating func noteDisk(of peer: NodeID, isFull: Bool) {
        if isFull { diskFull.insert(peer) } else { diskFull.remove(peer) }
    }

    func isRefused(_ peer: NodeID, now: Instant) -> Bool {
        guard let time = refusedAt[peer] else { return false }
        return now.since(time) < Self.refusalLifetime
    }

    func isDiskFull(_ peer: NodeID) -> Bool { diskFull.contains(peer) }
}
