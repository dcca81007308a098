import Messaging
import Raft
import Storage

/// Watches a whole cluster for what must never happen. It knows everything every node ever said or stored.
final class Oracle {
    var now: Instant = .zero
    private(set) var violations: [Violation] = []
    let membership: Membership
    var records: [Record]
    /// Who led in which term.
    var leaders: [Term: Int] = [:]
    /// Who voted for whom, by term and voter.
    var votes: [Vote: NodeID] = [:]
    /// Every entry that was ever written anywhere.
    var chains: [EntryID: ChainValue] = [:]
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

    init(membership: Membership) {
        self.membership = membership
        records = membership.members.map { _ in Record() }
    }

    func violation(_ rule: Violation.Rule, _ explanation: String) {
        violations.append(Violation(rule, at: now, explanation))
    }

    /// The machine's disk was lost: it counts no more.
    func forget(_ machine: Machine) {
        records[machine.number] = Record()
        records[machine.number].isForgotten = true
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
        guard role == .leader else { return }
        if pairs[number]?.term != term { watchPair(of: replica) }
        if let known = leaders[term], known != number {
            violation(
                .oneLeaderATerm,
                "\(membership.members[known].id) and \(replica.machine.id) both lead in term \(term)"
            )
        }
        leaders[term] = number
    }

    /// Everything the node wants written was handed out.
    func turnEnded(of replica: SimulatedReplica) {
        let number = replica.machine.number
        let (role, term) = (replica.node.role, replica.node.term)
        noteCommit(by: replica)
        judgePair(of: replica)
        defer { records[number].role = role }
        guard role == .leader, records[number].role != .leader else { return }
        replica.world.statistics.elections += 1
        replica.world.trace("\(replica.machine.id) leads in term \(term)")
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
            committed.append(Entry(id: id, kind: .noop, payload: [], chain: chain))
            guard index == commit else { continue }
            let holders = zip(membership.members, records).count { $0.kind != .learner && $1.stored.holds(id) }
            if holders < membership.quorum {
                violation(.committedWithoutQuorum, "\(replica.machine.id) commits \(id), which \(holders) have on disk")
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
