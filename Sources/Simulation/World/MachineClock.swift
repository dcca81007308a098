import Raft
import Synchronization

/// The clocks of one machine: they start anywhere, run too fast or too slow, and the wall clock jumps.
final class MachineClock: Sendable {
    private struct State {
        /// What the monotonic clock showed at `since`.
        var shown: UInt64
        var since: UInt64 = 0
        var partsPerMillion: Int64 = 0
        var wallOffsetMilliseconds: Int64 = 0
        /// What it shows now: the storage code asks without knowing the world.
        var now: UInt64
    }

    private let state: Mutex<State>

    init(start: UInt64) { state = Mutex(State(shown: start, now: start)) }

    /// The local time when it is `time` in the world.
    func read(at time: Instant) -> Instant {
        state.withLock { state in
            state.now = Self.local(time.nanoseconds, state)
            return Instant(nanoseconds: state.now)
        }
    }

    /// As it was last read.
    var lastRead: Instant { Instant(nanoseconds: state.withLock { $0.now }) }

    /// The first moment of the world at which this clock shows `local` or more; not before `now`.
    func worldTime(of local: Instant, notBefore now: Instant) -> Instant {
        state.withLock { state in
            guard local.nanoseconds > state.shown else { return now }
            let rate = UInt64(1_000_000 + state.partsPerMillion)
            let wait = (local.nanoseconds - state.shown).multipliedFullWidth(by: 1_000_000)
            let (whole, rest) = rate.dividingFullWidth(wait)
            return max(now, Instant(nanoseconds: state.since + whole + (rest > 0 ? 1 : 0)))
        }
    }

    func setRate(partsPerMillion: Int, at time: Instant) {
        state.withLock { state in
            state.shown = Self.local(time.nanoseconds, state)
            state.since = time.nanoseconds
            state.partsPerMillion = Int64(partsPerMillion)
        }
    }

    func jumpWall(milliseconds: Int) { state.withLock { $0.wallOffsetMilliseconds += Int64(milliseconds) } }

    /// Milliseconds since 1970, as this machine has it.
    func wallMilliseconds(at time: Instant) -> UInt64 {
        let right = Self.epochMilliseconds + Int64(time.nanoseconds / 1_000_000)
        return UInt64(max(0, right + state.withLock { $0.wallOffsetMilliseconds }))
    }

    /// Any day will do.
    private static let epochMilliseconds: Int64 = 1_800_000_000_000

    private static func local(_ time: UInt64, _ state: State) -> UInt64 {
        let passed = (time - state.since).multipliedFullWidth(by: UInt64(1_000_000 + state.partsPerMillion))
        return state.shown + (1_000_000 as UInt64).dividingFullWidth(passed).quotient
    }
}
