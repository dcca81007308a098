import Raft

/// How far the clocks of the other members are ahead of this node's.
///
/// Heartbeats go between the primary and each of the others: those two know each other's offset. Of third ones they
/// know what the primary tells.
struct ClockOffsets {
    private var measured: [NodeID: ClockOffset] = [:]
    /// Exchanges begun here that the other side has not been told of.
    private var untold: [NodeID: ClockExchange] = [:]
    private var told: (by: NodeID, offsets: [NodeID: Int64], at: Instant)?

    /// As `ClockOffset` forgets.
    private static let age = Duration.seconds(10)

    /// An exchange that this node began.
    mutating func note(_ exchange: ClockExchange, with peer: NodeID, now: Instant) {
        measured[peer, default: ClockOffset()].add(exchange, now: now)
        untold[peer] = exchange
    }

    /// What a peer's request says of clocks.
    mutating func note(_ note: PeerClock.Note, from peer: NodeID, now: Instant) {
        if let exchange = note.exchange {
            measured[peer, default: ClockOffset()].add(exchange, mirrored: true, now: now)
        }
        guard let offsets = note.offsets else { return }
        let plausible = offsets.filter { $0.value.magnitude < 1 << 53 }
        told = (peer, Dictionary(uniqueKeysWithValues: plausible.map { (NodeID($0.key), $0.value) }), now)
    }

    /// What a request to `peer` says: once.
    ///
    /// - Parameter others: the members whose offsets a primary tells.
    mutating func takeNote(for peer: NodeID, others: [NodeID], now: Instant) -> PeerClock.Note {
        var note = PeerClock.Note(exchange: untold.removeValue(forKey: peer))
        let offsets = others.filter { $0 != peer }.compactMap { id in
            measured[id]?.estimate(now: now).map { (id.rawValue, $0) }
        }
        if !offsets.isEmpty { note.offsets = Dictionary(uniqueKeysWithValues: offsets) }
        return note
    }

    /// In microseconds; nil where nothing recent is known.
    func offset(of peer: NodeID, now: Instant) -> Int64? {
        if let own = measured[peer]?.estimate(now: now) { return own }
        guard let told, now.since(told.at) <= Self.age, let further = told.offsets[peer],
            let offset = measured[told.by]?.estimate(now: now)
        else { return nil }
        return offset + further
    }
}
