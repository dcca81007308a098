import Raft

/// The requests of one kind from one process to another: so many are under way, and the newest of the rest waits, as at
/// the shell's link to a peer.
struct Lane {
    private(set) var underWay: [(parcel: Parcel, sent: Instant)] = []
    private var next: Parcel?
    /// Whether a timeout is on the agenda.
    var isTimed = false

    /// Whether this one may go now; otherwise it waits, in place of any other that does.
    ///
    /// - Parameter patience: a second one may go where the first has been away for so long: it may be lost.
    mutating func mayGo(_ parcel: Parcel, now: Instant, underWayMax: Int, patience: Duration?) -> Bool {
        let isLate = patience.map { patience in
            underWay.count == underWayMax && now.since(underWay[underWay.count - 1].sent) >= patience
        }
        guard underWay.count < underWayMax || isLate == true else {
            next = parcel
            return false
        }
        underWay.append((parcel, now))
        return true
    }

    /// The request with this number is done: true where it was under way.
    mutating func finish(_ number: UInt64) -> Bool {
        guard let place = underWay.firstIndex(where: { $0.parcel.number == number }) else { return false }
        underWay.remove(at: place)
        return true
    }

    /// The one that waits, which is under way now, where there is room for it.
    mutating func sendNext(now: Instant, underWayMax: Int) -> Parcel? {
        guard underWay.count < underWayMax, let parcel = next else { return nil }
        next = nil
        underWay.append((parcel, now))
        return parcel
    }
}
