import Raft

// Which elections something called for.
extension World {
    func noteTrouble(_ fault: InjectedFault) {
        switch fault {
        case .cut(let from, let to), .mend(let from, let to):
            links[machine(from).number][machine(to).number].troubled = now
        case .set, .transfer, .membership, .promote: troubled = now
        case .crash, .trap, .start, .pause, .resume, .slowDisk, .hangDisk, .fillDisk, .easeDisk, .failDisk, .jumpClock,
            .rateClock, .wipe, .flip, .backUp, .restore:
            for name in fault.nodes { machine(name).troubled = now }
        }
    }

    /// Whether the last leader was deposed though nothing happened to it, nor to its links to a majority, for as long
    /// as anybody waits for a leader.
    func isNeedless(electionOf replica: SimulatedReplica) -> Bool {
        let term = replica.node.term
        guard let former = oracle.leaders.filter({ $0.key < term }).max(by: { $0.key < $1.key })?.value,
            !isTroubled, knobs.spares == 0
        else { return false }
        let voters = founding.voters.compactMap(oracle.number)
        let healthy = voters.filter { !isTroubled(machines[$0]) && !isTroubled(former, $0) && !isTroubled($0, former) }
        return healthy.contains(former) && healthy.count >= founding.quorum
    }

    /// Twice the timeout is the longest that anybody waits; and its campaign takes some time.
    private func isRecent(_ time: Instant) -> Bool { time > .zero && now < time + settings.electionTimeout * 3 }

    private var isTroubled: Bool {
        isRecent(troubled) || InjectedFault.Setting.allCases.contains { knobs[keyPath: $0.knob] > 0 }
    }

    private func isTroubled(_ machine: Machine) -> Bool {
        machine.replica == nil || machine.isPaused || machine.isDiskHung || machine.isDiskFull
            || machine.diskSlowness > 0 || machine.clockRate != 0 || isRecent(machine.troubled)
    }

    private func isTroubled(_ from: Int, _ to: Int) -> Bool {
        links[from][to].isCut || isRecent(links[from][to].troubled)
    }
}

extension InjectedFault.Setting {
    /// What it sets.
    var knob: WritableKeyPath<Knobs, Int> {
        switch self {
        case .lossPermille: \.lossPermille
        case .duplicatePermille: \.duplicatePermille
        case .delaySpikePermille: \.delaySpikePermille
        case .diskSpikePermille: \.diskSpikePermille
        }
    }
}
