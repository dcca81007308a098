import Messaging
import Raft
import Storage

/// Watches a whole cluster for what must never happen. It knows everything every node ever said or stored.
///
/// Each epoch has its own: what is committed after a fork is judged by the line it was committed in.
final class Oracle {
    var now: Instant = .zero
    private(set) var violations: [Violation] = []
    /// The place of this line among all of them.
    let number: Int
    let epoch: Epoch
    /// The line that this one forks from.
    let parent: Oracle?
    /// The machine whose node went on alone.
    let survivor: Int?
    /// Up to where the operator was told that nothing is lost; nil where nothing is at all.
    let certain: LogIndex?
    /// The lines that fork from this one.
    var children: [Oracle] = []
    let machines: [Machine]
    var records: [Record]
    /// Who led in which term.
    var leaders: [Term: Int] = [:]
    /// Who voted for whom, by term and voter.
    var votes: [Vote: NodeID] = [:]
    /// Every entry that was ever written anywhere.
    var chains: [EntryID: ChainValue] = [:]
    /// The membership entries among them.
    var memberships: [EntryID: Membership] = [:]
    /// Entries of changes that an operator was told to have come to nothing.
    var refusedChanges: [EntryID] = []
    /// The one log: every entry that any node took for committed.
    var committed = ShadowLog()
    /// The entries of it that some node has applied.
    var applied: [Entry] = []
    /// The state machine after those, and what a log says that goes on after each.
    var broker = Broker()
    var states: [[UInt8]] = []
    var history = History()
    /// Leaders of a pair with a witness, by their machines.
    var pairs: [Int: PairWatch] = [:]
    /// How long nothing was committed, where somebody asks.
    var pauses: CommitPauses?

    struct Vote: Hashable {
        var voter: Int
        var term: Term
    }

    /// - Parameter founding: what the first entry of every log says.
    init(machines: [Machine], founding: Membership) {
        (number, epoch, parent, survivor, certain) = (0, .initial, nil, nil, nil)
        self.machines = machines
        memberships[EntryID(term: 1, index: 1)] = founding
        records = machines.map { _ in Record() }
    }

    /// The line of a node that goes on alone: it has whatever that node's log has.
    init(number: Int, from parent: Oracle, of replica: SimulatedReplica, certain: LogIndex?) {
        let survivor = replica.machine.number
        (self.number, epoch, self.parent) = (number, replica.node.epoch, parent)
        (self.survivor, self.certain) = (survivor, certain)
        machines = parent.machines
        records = parent.records
        votes = parent.votes
        let (term, fork) = (replica.node.term, epoch.fork)
        leaders = parent.leaders.filter { $0.key < term }
        chains = parent.chains.filter { $0.key.index <= fork }
        memberships = parent.memberships.filter { $0.key.index <= fork }
        committed = parent.committed
        committed.truncate(after: committed.commonEnd(with: records[survivor].written))
        learn(from: parent, through: committed.last)
        parent.children.append(self)
    }

    /// Whether any process was judged by it.
    var hasSeen: Bool { records.contains { $0.term > .zero } }

    func violation(_ rule: Violation.Rule, _ explanation: String) {
        if let parent { return parent.violation(rule, explanation) }
        violations.append(Violation(rule, at: now, explanation))
    }

    func halted(_ machine: Machine, _ fault: Raft.Fault) {
        violation(.nodeHalts, fault.description)
    }

    func failedToStart(_ machine: Machine, _ error: StorageError) {
        switch error.code {
        // The operator, or the supervisor, tries again.
        case .diskFull, .unavailable, .ioError: break
        default: violation(.nodeCannotStart, "\(machine.id): \(error)")
        }
    }

    /// The last entry a machine has on its disk.
    func lastStored(on machine: Int) -> EntryID {
        records[machine].stored.lastEntry
    }

    // MARK: After each step

    func stepped(_ replica: SimulatedReplica) {
        let number = replica.machine.number
        let (role, term, commit) = (replica.node.role, replica.node.term, replica.node.commit)
        if term < records[number].term {
            violation(.termGoesBack, "\(replica.machine.id) goes from term \(records[number].term) to \(term)")
        }
        if commit < records[number].commit {
            violation(.commitGoesBack, "\(replica.machine.id) goes from \(records[number].commit) to \(commit)")
        }
        checkWitness(replica)
        if role == .leader, commit > records[number].commit { checkCommit(ofPair: replica) }
        records[number].term = term
        records[number].commit = commit
        defer { records[number].membership = replica.node.membership }
        guard role == .leader else { return }
        if pairs[number]?.term != term { watchPair(of: replica) }
        if let known = leaders[term], known != number {
            violation(
                .oneLeaderATerm,
                "\(machines[known].id) and \(replica.machine.id) both lead in term \(term)"
            )
        }
        leaders[term] = number
        // Before a change in the same turn makes other ones a quorum.
        noteCommit(by: replica)
    }

    /// Everything the node wants written was handed out.
    func turnEnded(of replica: SimulatedReplica) {
        let number = replica.machine.number
        let (role, term) = (replica.node.role, replica.node.term)
        noteCommit(by: replica)
        judgePair(of: replica)
        checkMembership(of: replica)
        defer { records[number].role = role }
        guard role == .leader, records[number].role != .leader else { return }
        replica.world.statistics.elections += 1
        if replica.world.isNeedless(electionOf: replica) { replica.world.statistics.needlessElections += 1 }
        replica.world.trace("\(replica.machine.id) leads in term \(term)")
        checkElection(of: replica)
        // §5.4, Leader Completeness: a new leader has everything that was committed.
        if let last = committed.entry(at: committed.last), last.id.term < term,
            !records[number].written.holds(last.id)
        {
            violation(
                .leaderCompleteness,
                "\(replica.machine.id) leads in term \(term) without committed entry \(last.id)"
            )
        }
    }

    // MARK: Commit

    /// What any node takes for committed is the same everywhere, and on the disks of a quorum.
    func noteCommit(by replica: SimulatedReplica) {
        let commit = replica.node.commit
        let record = records[replica.machine.number]
        if commit > record.commit {
            checkCommit(ofPair: replica)
            records[replica.machine.number].commit = commit
        }
        watchPair(of: replica)
        if committed.last < commit { pauses?.committed(at: now) }
        while committed.last < commit {
            let index = committed.last.next
            guard let (id, chain) = record.written.entry(at: index) else {
                return violation(
                    .commitGoesBack,
                    "\(replica.machine.id) has no entry \(index), but \(commit) committed"
                )
            }
            committed.append(id, chain, membership: memberships[id])
            guard index == commit else { continue }
            // In the step that commits it, the next membership may have come into force.
            let inForce = [record.membership ?? .empty, replica.node.membership]
            if !inForce.contains(where: { isHeldByQuorum(id, of: $0) }) {
                let voters = replica.node.membership.voters.map(\.id)
                violation(.committedWithoutQuorum, "\(replica.machine.id) commits \(id) without a quorum of \(voters)")
            }
        }
        if let ours = record.written.entry(at: commit), let known = committed.entry(at: commit), ours != known {
            violation(
                .appliedDifferently,
                "\(replica.machine.id) commits \(ours.id) where others committed \(known.id)"
            )
        }
    }
}
