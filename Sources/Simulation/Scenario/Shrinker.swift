/// Makes a scenario that breaks something as short as it can, while it still breaks the same rule (S4 of delta
/// debugging: kinds of faults first, then clients and sizes, then half of what is left, and a quarter, down to single
/// ones).
package struct Shrinker {
    private let rule: Violation.Rule
    private var best: Scenario
    private var runsLeft: Int

    /// - Parameters:
    ///   - scenario: breaks `rule`.
    ///   - runsMax: how many scenarios are tried.
    package static func shrink(_ scenario: Scenario, breaking rule: Violation.Rule, runsMax: Int = 400) -> Scenario {
        var shrinker = Shrinker(rule: rule, best: scenario, runsLeft: runsMax)
        shrinker.cutTheEnd()
        shrinker.dropKinds()
        shrinker.dropNodes()
        shrinker.calmKnobs()
        shrinker.dropFaults()
        shrinker.cutTheEnd()
        return shrinker.best
    }

    private init(rule: Violation.Rule, best: Scenario, runsLeft: Int) {
        self.rule = rule
        self.best = best
        self.runsLeft = runsLeft
    }

    /// Keeps a scenario that still breaks the rule.
    private mutating func attempt(_ change: (inout Scenario) -> Void) -> Bool {
        var candidate = best
        change(&candidate)
        guard candidate != best, runsLeft > 0 else { return false }
        runsLeft -= 1
        guard World(candidate).run().contains(where: { $0.rule == rule }) else { return false }
        best = candidate
        return true
    }

    /// The faults need not go on after the rule is broken.
    private mutating func cutTheEnd() {
        while best.knobs.duration > 200_000 {
            let end = best.knobs.duration / 4 * 3
            guard
                attempt({ scenario in
                    scenario.knobs.duration = end
                    scenario.faults.removeAll { $0.time >= end }
                })
            else { return }
        }
    }

    private mutating func dropKinds() {
        for kind in FaultKind.allCases {
            _ = attempt { scenario in scenario.faults.removeAll { $0.fault.kind == kind } }
        }
    }

    private mutating func dropNodes() {
        let topology = best.topology
        guard !topology.hasWitness, topology.voters > 1 else { return }
        for voters in 1..<topology.voters {
            let isEnough = attempt { scenario in
                scenario.topology = Topology(voters: voters)
                let machines = scenario.machines
                scenario.faults.removeAll { !$0.fault.nodes.allSatisfy(machines.contains) }
            }
            if isEnough { return }
        }
    }

    /// Everything as it is by default, and fewer clients.
    private mutating func calmKnobs() {
        while best.knobs.clients > 1, attempt({ $0.knobs.clients -= 1 }) {}
        let ordinary = Knobs()
        for knob in Knobs.all where !["duration", "clients", "spares"].contains(knob.name) {
            _ = attempt { $0.knobs[keyPath: knob.path] = ordinary[keyPath: knob.path] }
        }
    }

    private mutating func dropFaults() {
        var size = max(1, best.faults.count / 2)
        while true {
            var start = 0
            while start < best.faults.count {
                let end = min(best.faults.count, start + size)
                if !attempt({ $0.faults.removeSubrange(start..<end) }) { start = end }
            }
            if size == 1 { return }
            size /= 2
        }
    }
}
