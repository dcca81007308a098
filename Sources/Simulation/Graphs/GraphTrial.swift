import Raft

/// One graph tried: a cluster whose links that the graph has not are cut while it works.
package struct GraphTrial: Sendable {
    package var scenario: Scenario
    /// Commits must go on after at most this time: three times the longest that anybody waits for a leader.
    package let patience: Duration
    private static let cutAt = 300_000

    package init(_ graph: ConnectivityGraph, seed: UInt64) {
        var knobs = Knobs()
        // Clients that always want something, and never wait long at a machine that can't help.
        knobs.clients = 2
        knobs.thinkMax = 20_000
        knobs.readPermille = 0
        knobs.copiesPermille = 0
        knobs.hold = 10_000
        knobs.requestTimeout = 40_000
        patience = .microseconds(knobs.electionTimeout * 2 * 3)
        knobs.duration = Self.cutAt + knobs.electionTimeout * 2 * 3 * 2
        scenario = Scenario(seed: seed, topology: Topology(voters: graph.nodes), knobs: knobs)
        let ids = scenario.topology.ids
        for from in 0..<graph.nodes {
            for to in 0..<graph.nodes where !graph.reaches(from, to) {
                scenario.faults.append(TimedFault(at: Self.cutAt, .cut(ids[from], ids[to])))
            }
        }
    }

    /// Runs it: what must not happen, and the longest time without a commit while links were cut.
    package func run() -> (violations: [Violation], longestPause: Duration) {
        let world = World(scenario)
        world.oracle.pauses = CommitPauses(
            from: .zero + .microseconds(Self.cutAt),
            through: .zero + .microseconds(scenario.knobs.duration)
        )
        let violations = world.run()
        return (violations, world.oracle.pauses?.longest ?? .zero)
    }
}

/// The times without a commit in a stretch of time.
struct CommitPauses {
    private let end: Instant
    private var last: Instant
    private var longestSoFar = Duration.zero

    init(from start: Instant, through end: Instant) {
        last = start
        self.end = end
    }

    mutating func committed(at time: Instant) {
        guard time > last, last < end else { return }
        longestSoFar = max(longestSoFar, min(time, end).since(last))
        last = min(time, end)
    }

    /// The longest of them; the last one goes to the end.
    var longest: Duration { max(longestSoFar, end.since(last)) }
}
