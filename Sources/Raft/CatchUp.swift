/// How far behind a learner is, in time (dissertation §4.2.1): each round replicates what the log held at its start.
struct CatchUp: Hashable, Sendable {
    /// What the log held when the round began.
    private var goal: LogIndex = .zero
    private var began: Instant?
    /// The learner had then everything there was.
    private(set) var currentAsOf: Instant?

    /// The learner has `match`, the log ends at `end`.
    mutating func reached(_ match: LogIndex, of end: LogIndex, now: Instant) {
        guard match >= goal else { return }
        currentAsOf = match >= end ? now : began
        (goal, began) = (end, now)
    }
}
