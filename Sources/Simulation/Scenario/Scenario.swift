/// Everything that decides a run: equal scenarios give equal runs.
package struct Scenario: Hashable, Sendable {
    /// Decides what the knobs and faults leave open: each single delay and loss, and what torn writes leave.
    package var seed: UInt64
    package var topology: Topology
    package var knobs: Knobs
    /// In the order of their times.
    package var faults: [TimedFault]

    package init(seed: UInt64, topology: Topology, knobs: Knobs = Knobs(), faults: [TimedFault] = []) {
        self.seed = seed
        self.topology = topology
        self.knobs = knobs
        self.faults = faults
    }
}
