import Raft

// Nodes that go on alone.
extension Oracle {
    /// The latest epoch that is in any log.
    var newestEpoch: UInt64 {
        records.reduce(0) { newest, record in
            max(newest, record.stored.membership.epoch.number, record.written.membership.epoch.number)
        }
    }

    /// Whether it is on some disk that the promotion was made.
    var isAlive: Bool { parent == nil || records.contains { $0.stored.membership.epoch == epoch } }

    /// Whether the node that was promoted ever led, so that others may know.
    private var hasBegun: Bool { committed.last > epoch.fork }

    /// Whether it forks from another line, at once or later, where nothing may be lost.
    func hasEverything(of other: Oracle) -> Bool {
        guard let parent else { return false }
        return certain == nil && (parent === other || parent.hasEverything(of: other))
    }

    /// A node begins this line: it goes on from the one before.
    func begun(by replica: SimulatedReplica) {
        guard let parent else { return }
        let written = records[replica.machine.number].written
        if !epoch.isChild(of: parent.epoch) || epoch.fork != written.last {
            violation(.wronglyPromoted, "\(replica.machine.id) goes on alone with \(epoch) after \(parent.epoch)")
        }
        checkLosses()
    }

    /// Whether a node that comes over may stay. Who has committed other entries before the fork, where an operator
    /// accepted their loss, finds out when it is sent the first one, and stops.
    func hasCommittedTheSame(as replica: SimulatedReplica, in former: Oracle) -> Bool {
        // Its own log may have folded them away; and who was promoted may be about to commit its own.
        let known = min(replica.node.commit, former.committed.last)
        let theirs = survivor.map { committed.last < known ? records[$0].written : committed } ?? committed
        return theirs.commonEnd(with: former.committed) >= known
    }

    /// What was committed before is here: all of it, or up to where the operator was told that nothing is lost.
    func checkLosses() {
        guard let parent else { return }
        let promised = min(parent.committed.last, certain ?? parent.committed.last)
        let common = parent.committed.commonEnd(with: committed)
        if common < promised {
            violation(
                .wronglyPromoted,
                "\(epoch) has what was committed only up to \(common), and up to \(promised) nothing was to be lost"
            )
        }
    }

    /// The same in the end, when more may be known to have been committed.
    func concludeLosses() { if hasBegun { checkLosses() } }

    /// Who stops because of another epoch has a reason to.
    func checkDivergence(of replica: SimulatedReplica) {
        guard let divergence = replica.node.divergence else { return }
        let theirs = divergence.epoch
        if divergence.holding != nil {
            let line = epoch == theirs ? self : children.first { $0.epoch == theirs }
            let written = records[replica.machine.number].written
            let theirLog = line?.committed ?? committed
            // Nor can it tell where the others have folded away what it has.
            if theirLog.commonEnd(with: written) == written.last, theirLog.commonEnd(with: committed) >= written.base,
                !records.contains(where: { $0.stored.base > written.last })
            {
                violation(.wronglyPromoted, "\(replica.machine.id) has nothing to lose, and does not follow \(theirs)")
            }
        } else if theirs.isChild(of: epoch) || theirs.number < epoch.number || theirs == epoch {
            violation(.wronglyPromoted, "\(replica.machine.id) believes that \(divergence) began without it")
        }
    }

    /// The operator is told what came of it.
    func settled(_ settlement: Settlement, of promotion: SimulatedPromotion, by replica: SimulatedReplica) {
        switch settlement {
        case .committed(_, let indexes, _):
            let membership = committed.memberships.first { $0.index == indexes.lowerBound }?.membership
            if membership?.epoch.id != promotion.id || membership?.voters.map(\.id) != [replica.machine.id] {
                violation(.operatorMisled, "\(replica.machine.id) says that it goes on alone since \(indexes)")
            }
        case .rejected, .overwritten:
            if let entry = promotion.entry, chains[entry] != nil { refusedChanges.append(entry) }
        case .readable, .transferred: violation(.operatorMisled, "a promotion ends with \(settlement)")
        }
    }
}
