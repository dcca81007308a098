/// When a request went to another machine and its answer came back: the four time stamps of NTP (RFC 5905 §8), in
/// microseconds since 1970.
struct ClockExchange: Codable, Hashable, Sendable {
    /// By the asking machine's wall clock.
    var sent: Int64
    /// By the answering machine's.
    var received: Int64
    /// By the answering machine's.
    var answered: Int64
    /// By the asking machine's.
    var returned: Int64

    /// How far the answering machine's clock is ahead of the asking one's, if both ways took equally long.
    var offset: Int64 { ((received - sent) + (answered - returned)) / 2 }

    /// The time on the way, both ways together: `offset` is wrong by no more than half of it.
    var roundTrip: Int64 { (returned - sent) - (answered - received) }

    /// False where a clock was set meanwhile, or the numbers are no times at all.
    var isPlausible: Bool {
        let times = 0..<Int64(1) << 53
        return [sent, received, answered, returned].allSatisfy(times.contains) && answered >= received && roundTrip >= 0
    }
}
