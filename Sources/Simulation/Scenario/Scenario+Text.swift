/// A scenario as a text file, one thing a line; `#` begins a comment:
///
/// ```
/// seed 17
/// nodes 2+w
/// heartbeat 20000
/// at 1500000 crash a lost 3
/// ```
/// Knobs that aren't named have the values of `Knobs`. Times are microseconds.
extension Scenario: LosslessStringConvertible {
    package init?(_ description: String) { try? self.init(text: description) }

    /// Why a text is no scenario.
    package struct Unreadable: Error, Hashable, Sendable, CustomStringConvertible {
        package var line: Int
        package var text: String

        package var description: String { "line \(line) is no part of a scenario: \(text)" }
    }

    package init(text: String) throws(Unreadable) {
        self.init(seed: 0, topology: Topology(voters: 3))
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.prefix { $0 != "#" }
            let words = content.split(separator: " ").map(String.init)
            guard words.isEmpty || read(words) else { throw Unreadable(line: number + 1, text: String(line)) }
        }
        let machines = machines
        if let stranger = faults.first(where: { !$0.fault.nodes.allSatisfy(machines.contains) }) {
            throw Unreadable(line: 0, text: "\(stranger.fault.words) names a machine that \(topology) has not")
        }
        faults.sort { $0.time < $1.time }
    }

    private mutating func read(_ words: [String]) -> Bool {
        guard words.count >= 2 else { return false }
        switch words[0] {
        case "seed":
            guard let value = UInt64(words[1]) else { return false }
            seed = value
        case "nodes":
            guard let value = Topology(words[1]) else { return false }
            topology = value
        case "at":
            guard let time = Int(words[1]), let fault = InjectedFault(words: Array(words.dropFirst(2))) else {
                return false
            }
            faults.append(TimedFault(at: time, fault))
        default:
            guard let knob = Knobs.all.first(where: { $0.name == words[0] }), let value = Int(words[1])
            else { return false }
            knobs[keyPath: knob.path] = value
        }
        return true
    }

    package var description: String {
        var lines = ["seed \(seed)", "nodes \(topology)"]
        let ordinary = Knobs()
        for knob in Knobs.all where knobs[keyPath: knob.path] != ordinary[keyPath: knob.path] {
            lines.append("\(knob.name) \(knobs[keyPath: knob.path])")
        }
        for timed in faults { lines.append("at \(timed.time) \(timed.fault.words.joined(separator: " "))") }
        return lines.joined(separator: "\n") + "\n"
    }
}
