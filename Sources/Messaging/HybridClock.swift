/// The hybrid logical clock of one node: never goes back, never falls behind what it has seen, stays near wall time.
package struct HybridClock: Hashable, Sendable {
    /// The greatest reading made or seen.
    package private(set) var latest: HybridTimestamp

    package init(latest: HybridTimestamp = .zero) { self.latest = latest }

    /// A new reading, greater than every one before it.
    package mutating func tick(wallMilliseconds: UInt64) -> HybridTimestamp {
        latest = max(latest.next, HybridTimestamp(millisecondsSinceEpoch: wallMilliseconds))
        return latest
    }

    /// Learns of a reading made elsewhere: later ones made here will be greater.
    package mutating func merge(_ seen: HybridTimestamp) {
        latest = max(latest, seen)
    }
}
