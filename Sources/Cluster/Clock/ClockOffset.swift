import Raft

/// Estimates how far another machine's clock is ahead of this one's, from exchanges with it.
///
/// What delays a request on one way only looks like an offset. Exchanges that were fast have little room for that: the
/// estimate is the median of the fastest quarter.
struct ClockOffset {
    private struct Sample {
        var offset: Int64
        var roundTrip: Int64
        var at: Instant
    }

    private var samples: [Sample] = []
    private var estimated: Int64 = 0

    private static let samplesMax = 32
    /// Clocks drift and are set: older exchanges say nothing of now.
    private static let age = Duration.seconds(10)

    /// Takes an exchange that this machine began, or, `mirrored`, that the other one did.
    mutating func add(_ exchange: ClockExchange, mirrored: Bool = false, now: Instant) {
        guard exchange.isPlausible else { return }
        if samples.count == Self.samplesMax { samples.removeFirst() }
        let offset = mirrored ? -exchange.offset : exchange.offset
        samples.append(Sample(offset: offset, roundTrip: exchange.roundTrip, at: now))
        samples.removeAll { now.since($0.at) > Self.age }
        let fast = samples.sorted { $0.roundTrip < $1.roundTrip }.prefix(max(1, samples.count / 4))
        estimated = fast.map(\.offset).sorted()[fast.count / 2]
    }

    /// In microseconds; nil without a recent exchange.
    func estimate(now: Instant) -> Int64? {
        guard let last = samples.last, now.since(last.at) <= Self.age else { return nil }
        return estimated
    }
}
