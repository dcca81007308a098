import Messaging
import Raft
import SimulatedDisk
import Storage

/// What must happen once the faults have ended.
struct LivenessProbe {
    /// The client that writes one more message.
    var client: Int
    /// The machines that work from here on.
    var core: [Int]
    var began: Instant
    var isAcknowledged = false
    /// When all was well, and what terms there were: no other one may follow.
    var calm: (since: Instant, term: Term)?
    /// When somebody last campaigned who was removed.
    var disturbed: Instant = .zero
}

// The end of a run: everything works again on some machines that suffice, and then all must be well.
extension World {
    /// Enough for an append that was lost to be given up, for a few elections, and for who joined last to be sent all
    /// entries, at worst one by one.
    var patience: Duration {
        let entry = 2 * knobs.delayMax + knobs.diskMax + 2 * knobs.turnMax
        let entries = Int(prevailing.committed.last.rawValue) * entry
        // Who joins may have asked one that has gone.
        let join = knobs.spares > 0 ? knobs.requestTimeout : 0
        return .microseconds(knobs.appendStall + entries + join) + settings.electionTimeout * 20 + .seconds(1)
    }

    /// Long enough for what is under way to arrive, or to be lost.
    private static let grace = Duration.milliseconds(200)

    /// How often a piece of each log is read in the end.
    private static let lastScrub = 2000

    func heal() {
        trace("the faults end")
        for setting in InjectedFault.Setting.allCases { perform(.set(setting, 0)) }
        for from in links.indices {
            for to in links.indices { links[from][to].isCut = false }
        }
        for number in clients.indices { clients[number].isDone = true }
        // Who joins goes on asking; operators don't.
        for errand in errands where errand.joiner == nil { errand.isOver = true }
        let chosen = chooseCore()
        for machine in machines {
            resume(machine)
            machine.disk.removeFaults()
            setRate(of: machine, to: 0)
            easeDisk(of: machine)
            if chosen.contains(machine.number) {
                start(machine)
            } else {
                crash(machine, power: .lost, operations: 0)
                machine.isOff = true
            }
        }
        if machines.contains(where: { $0.damagedAt != nil }) { knobs.scrub = Self.lastScrub }
        if hasFlips { for machine in machines { machine.keeper?.wake() } }
        guard suffices(chosen) else {
            // No operator came to let one go on.
            if acceptsLoss { return isOver = true }
            return oracle.violation(.noProgress, "too few disks are left")
        }
        core = chosen
        schedule(.settleCore, in: Self.grace)
    }

    /// While the backup of a pair is out, the primary alone has the newest messages: without it the others have to wait
    /// for it.
    func settleCore() {
        if newestLines.count > 1 {
            apart = now
            return inspectApart()
        }
        if !isElectable(core) {
            core = machines.filter { $0.isInUse && !$0.isLost }.map(\.number)
            for number in core { start(machines[number]) }
        }
        // The witness may know of more than the voter that is left: only an operator can let that one go on.
        if !isElectable(core), scenario.topology.hasWitness, machines.contains(where: \.isLost) { return isOver = true }
        var client = SimulatedClient(number: clients.count, random: seeds.random(.client, clients.count))
        client.target = core[0]
        clients.append(client)
        probe = LivenessProbe(client: client.number, core: core, began: now)
        knobs.readPermille = 0
        knobs.echoPermille = 0
        knobs.copiesPermille = 0
        schedule(.clientActs(client.number), in: .zero)
        schedule(.inspect, in: .milliseconds(10))
    }

    /// Whether some voter's log is up to date enough to be elected by the others, as its own log names them.
    private func isElectable(_ core: [Int]) -> Bool {
        core.contains { candidate in
            let log = oracle.records[candidate].stored
            let identity = machines[candidate].identity
            let isVoter = [log.membership, log.formerMembership ?? .empty].contains {
                $0.recognises(identity) && $0[identity.id]?.kind == .voter
            }
            let votes = log.membership.voters.compactMap(oracle.number).count { voter in
                core.contains(voter) && oracle.lastStored(on: voter) <= log.lastEntry
            }
            return isVoter && votes >= log.membership.quorum && hearsOfTheEnd(of: log, at: candidate, core)
        }
    }

    /// Whether a voter of a pair can find out that the change which ended it is committed: it knows, or who voted with
    /// it is there to be asked.
    private func hearsOfTheEnd(of log: ShadowLog, at candidate: Int, _ core: [Int]) -> Bool {
        let (membership, change) = (log.membership, log.memberships.last?.index ?? .zero)
        guard let former = log.formerMembership, former.quorum == former.voters.count,
            former.epoch == membership.epoch, change > machines[candidate].replica?.node.commit ?? .zero
        else { return true }
        let asked = former.voters.filter { membership.recognises($0.identity) }
        return asked.compactMap(oracle.number).allSatisfy(core.contains)
    }

    /// Half of the time all that are left; otherwise as few as can elect a primary.
    private func chooseCore() -> [Int] {
        var random = seeds.random(.swarm, 1)
        var core = machines.filter { $0.isInUse && !$0.isLost }.map(\.number)
        // Who has the copies that another one lost?
        guard random.next(below: 2) == 0, !machines.contains(where: { $0.damagedAt != nil }), !isForked else {
            return core
        }
        while core.count > 1 {
            let place = Int(random.next(below: UInt64(core.count)))
            var fewer = core
            fewer.remove(at: place)
            guard suffices(fewer) else { break }
            core = fewer
        }
        return core
    }

    /// Whichever of the memberships counts in the end: changes that are under way may be committed or cut off.
    private func suffices(_ core: [Int]) -> Bool {
        prevailing.possibleMemberships.allSatisfy { membership in
            let voters = membership.voters.filter { voter in oracle.number(of: voter).map(core.contains) ?? false }
            return voters.count >= membership.quorum && voters.contains { $0.kind == .voter }
        }
    }

    func inspect() {
        guard let probe else { return }
        let isWell = probe.isAcknowledged && hasConverged(probe)
        if isWell, staysCalm() {
            isOver = true
        } else if now > probe.began + (isWell ? patience * 2 : patience) {
            // Who became well at the last moment has yet to stay so.
            let states = machines.filter(\.isInUse).map { machine in
                "\(machine.id): \(machine.replica.map { "\($0.node.status)" } ?? "down")"
            }
            oracle.violation(
                probe.isAcknowledged ? .noConvergence : .noProgress,
                "\(probe.core.map { machines[$0].id }) work again, \(prevailing.committed.last) is committed; \(states)"
            )
        } else {
            schedule(.inspect, in: .milliseconds(10))
        }
    }

    /// Every member that works has everything, and nobody waits for anything.
    private func hasConverged(_ probe: LivenessProbe) -> Bool {
        let last = prevailing.committed.last
        // Who has entries that may have been acknowledged, and would have to cut them off, waits for an operator; so
        // does who has missed more than one promotion.
        let members = prevailing.committed.membership.members.compactMap(oracle.number).filter { number in
            probe.core.contains(number) && machines[number].replica?.node.divergence == nil
        }
        // Who voted before a promotion votes again, where there is room for one more: a witness serves no more than
        // two.
        let membership = prevailing.committed.membership
        let returning = membership.returning.filter { id in
            mayReturn && (try? membership.changed(by: .promote(id))) != nil
        }
        return clients.allSatisfy { $0.operation == nil }
            && !members.contains { returning.contains(machines[$0].id) }
            && machines.allSatisfy { $0.replica?.transfers.isEmpty ?? true }
            && members.allSatisfy { number in
                let machine = machines[number]
                guard let replica = machine.replica, let keeper = machine.keeper else { return false }
                return keeper.isWhole && machine.damagedAt == nil && replica.broker.appliedIndex == last.rawValue
                    && replica.directory.log.summary.last.index == last
            }
    }

    /// Nobody becomes a voter while a member with an old log may take the name for another's: a log that was trimmed
    /// can't tell whether it was, and a member that waits for an operator stays as it is.
    private var mayReturn: Bool {
        knobs.trimAfter == 0
            || !prevailing.committed.membership.members.contains { machine(of: $0).replica?.node.divergence != nil }
    }

    /// Once the membership has changed: who was removed, or does not know it yet, disturbs nobody, and hears of it in
    /// the end.
    private func staysCalm() -> Bool {
        // A hand-over that is asked for once more, long after, is a reason to elect somebody.
        guard knobs.spares > 0, scenario.knobs.echoPermille == 0 else { return true }
        guard let leader = leader?.replica?.node, let calm = probe?.calm,
            prevailing.committed.membership.recognises(leader.identity)
        else {
            probe?.calm = leader?.replica.map { (now, $0.node.term) }
            return false
        }
        if leader.term != calm.term {
            probe?.calm = (now, leader.term)
            let isLate = now > calm.since + settings.electionTimeout * 2
            if isLate { oracle.violation(.needlessElection, "\(leader.identity.id) leads in term \(leader.term)") }
        }
        if campaignsInVain { probe?.disturbed = now }
        return now > max(calm.since, probe?.disturbed ?? .zero) + settings.electionTimeout * 8
    }

    /// Whether somebody campaigns who was removed, though a member that it asks for its vote could tell it. Of a log
    /// that was trimmed later nobody can tell who that is.
    private var campaignsInVain: Bool {
        let members = prevailing.committed.membership
        guard knobs.trimAfter == 0 else { return false }
        return machines.contains { machine in
            guard let node = machine.replica?.node, !members.recognises(machine.identity),
                node.role == .preCandidate || node.role == .candidate
            else { return false }
            return node.peers.contains { peer in
                peer.kind != .learner && members.recognises(peer.identity) && self.machine(of: peer).replica != nil
            }
        }
    }

    /// Everything that clients were told is judged by the log that came out of it.
    func conclude() {
        for line in lines.reversed() { line.tellParent() }
        for line in lines {
            line.concludeChanges()
            line.concludeLosses()
            let history = oracle.history.judged(
                by: line.number,
                shared: lines.map { $0.committed.commonEnd(with: line.committed).rawValue },
                isRefused: lines.map(line.hasEverything(of:))
            )
            let checker = HistoryChecker(log: line.applied.compactMap(RecordedMessage.init), at: now)
            for violation in checker.violations(of: history) {
                oracle.violation(violation.rule, violation.explanation)
            }
        }
    }
}
