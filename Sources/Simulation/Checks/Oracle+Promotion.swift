import Raft

// Nodes that go on alone.
extension Oracle {
    /// The latest epoch that is in any log.
    var newestEpoch: UInt64 {
        records.reduce(0) { newest, record in
            max(newest, record.stored.membership.epoch.number, record.written.membership.epoch.number)
        }
    }

    /// A node writes that it goes on alone, and accepted no loss: whatever was committed is in its log.
    func promoted(by id: EntryID, _ former: Membership, _ replica: SimulatedReplica) {
        let written = records[replica.machine.number].written
        let epoch = written.membership.epoch
        guard replica.node.role != .leader, replica.node.role != .follower else { return }
        if !epoch.isChild(of: former.epoch) || epoch.fork != id.index.previous {
            violation(.wronglyPromoted, "\(replica.machine.id) goes on alone with \(epoch) after \(former.epoch)")
        }
        if let last = committed.entry(at: committed.last)?.id, !written.holds(last) || last.index > epoch.fork {
            violation(.wronglyPromoted, "\(replica.machine.id) goes on alone after \(epoch.fork), without \(last)")
        }
    }

    /// A crash has undone this machine's promotion: nobody heard of it, and another leader may have its term.
    func forgetPromotion(of machine: Machine, unless log: ShadowLog) {
        // All before it may be folded away.
        let (last, chain) = (log.lastEntry, log.entry(at: log.last)?.chain)
        guard let entry = records[machine.number].promotion,
            last < entry.id || (last == entry.id && chain != entry.chain)
        else { return }
        if chains[entry.id] == entry.chain { (chains[entry.id], memberships[entry.id]) = (nil, nil) }
        records[machine.number].promotion = nil
    }

    /// The operator is told what came of it.
    func settled(_ settlement: Settlement, of promotion: SimulatedPromotion, by replica: SimulatedReplica) {
        switch settlement {
        case .committed(_, let indexes, _):
            let membership = committed.memberships.first { $0.index == indexes.lowerBound }?.membership
            if membership?.epoch.id != promotion.id || membership?.voters.map(\.id) != [replica.machine.id] {
                violation(.operatorMisled, "\(replica.machine.id) says that it goes on alone since \(indexes)")
            }
        case .rejected, .overwritten: if let entry = promotion.entry { refusedChanges.append(entry) }
        case .readable, .transferred: violation(.operatorMisled, "a promotion ends with \(settlement)")
        }
    }
}
