import Raft
import Storage

/// When the next piece of the log is to be read, so that reading all of it takes a given time. Pure.
struct ScrubPace: Sendable {
    /// Nil: never.
    let interval: Duration?
    private var roundStart: Instant
    private(set) var due: Instant?

    /// - Parameter interval: how long one reading of the whole log takes; nil: it is never read.
    init(interval: Duration?, now: Instant) {
        self.interval = interval
        roundStart = now
        due = interval.map { _ in now }
    }

    /// A piece was read, of a log of this many bytes.
    mutating func read(_ step: LogScrub.Step, of logBytes: Int, now: Instant) {
        guard let interval else { return }
        if step.isRoundComplete {
            // A log with less in it than it has room for is read sooner.
            due = max(now, roundStart + interval)
            roundStart = max(now, roundStart + interval)
        } else {
            let share = Double(step.bytes) / Double(max(logBytes, 1))
            due = now + .nanoseconds(Int64(Double(interval.wholeNanoseconds) * min(share, 1)))
        }
    }
}
