package import Raft

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

    /// The names of all machines: those of the first members, and spare ones that may join.
    package var machines: [NodeID] { topology.ids + Self.spares.prefix(knobs.spares) }

    package static let spares: [NodeID] = ["f", "g", "h", "i"]
}
