import Messaging
import Raft

// What nodes apply, and what they tell clients.
extension Oracle {
    func handedOut(_ range: ClosedRange<LogIndex>, by replica: SimulatedReplica) {
        let number = replica.machine.number
        let first = records[number].handedOut.next
        if range.lowerBound != first {
            violation(.appliedDifferently, "\(replica.machine.id) is to apply \(range) instead of \(first) and up")
        }
        if range.upperBound > records[number].stored.last {
            violation(
                .appliedBeforeDisk,
                "\(replica.machine.id) is to apply \(range) with \(records[number].stored.last) on disk"
            )
        }
        if range.upperBound > replica.node.commit {
            violation(.committedWithoutQuorum, "\(replica.machine.id) is to apply \(range), over its commit index")
        }
        records[number].handedOut = range.upperBound
    }

    /// State Machine Safety: no two nodes ever apply different entries at one index.
    func applied(_ entry: Entry, by replica: SimulatedReplica) {
        let place = Int(entry.index.rawValue) - 1
        guard committed.entry(at: entry.index).map({ $0 == (entry.id, entry.chain) }) ?? true else {
            return violation(.appliedDifferently, "\(replica.machine.id) applies \(entry.id), which is not committed")
        }
        if place < applied.count {
            if applied[place] != entry, replica.machine.kind != .witness {
                violation(.appliedDifferently, "\(replica.machine.id) applies another entry \(entry.id) than others")
            }
        } else if replica.machine.kind == .witness {
            // It has no payload to judge; the identity was compared above.
            return
        } else if place == applied.count {
            takeIn(entry)
        } else {
            violation(.appliedDifferently, "\(replica.machine.id) applies \(entry.id) after \(applied.count)")
        }
        checkState(of: replica)
    }

    /// Every node that has applied as much is in the same state.
    private func checkState(of replica: SimulatedReplica) {
        let index = replica.broker.appliedIndex
        guard replica.machine.kind != .witness, index > 0, index <= states.count else { return }
        if replica.broker.encodedAsBase != states[Int(index) - 1] {
            violation(.brokersDiffer, "\(replica.machine.id) has another state at \(index) than others")
        }
    }

    /// A process goes on from what an earlier one kept.
    func restored(_ replica: SimulatedReplica) {
        let index = LogIndex(replica.broker.appliedIndex)
        let stored = records[replica.machine.number].stored
        if index > stored.base, let own = stored.entry(at: index).map(\.id), !committed.holds(own) {
            violation(.appliedDifferently, "\(replica.machine.id) goes on from its state at \(own), never committed")
        }
        checkState(of: replica)
    }

    /// A node goes on from another one's state.
    func adopted(_ snapshot: Snapshot, by replica: SimulatedReplica) { checkState(of: replica) }

    /// A node comes here from another line, where all that it has applied was committed.
    func learn(from other: Oracle, through index: LogIndex) {
        for entry in other.applied.dropFirst(applied.count).prefix(while: { $0.index <= index }) { takeIn(entry) }
    }

    /// What was committed before the fork may have been applied only by nodes that had come here.
    func tellParent() {
        guard let parent else { return }
        parent.learn(from: self, through: min(epoch.fork, parent.committed.commonEnd(with: committed)))
    }

    /// The first node applies an entry.
    private func takeIn(_ entry: Entry) {
        applied.append(entry)
        defer { states.append(broker.encodedAsBase) }
        guard entry.kind == .command, let command = try? Command(payload: entry.payload) else {
            return broker.advance(to: entry.index.rawValue)
        }
        let before = broker.latestStamp
        let message = broker.apply(command, at: entry.index.rawValue)
        if message.hlc <= before {
            violation(.timestampGoesBack, "message \(message.id) has \(message.hlc), not after \(before)")
        }
    }

    /// A client is told that its messages are committed, and how many machines have them on disk.
    func acknowledging(_ indexes: ClosedRange<LogIndex>, copies: Int, _ call: ClientCall, by replica: SimulatedReplica)
    {
        guard case .send(let payloads, let wanted) = call.request else { return }
        let id = replica.machine.id
        guard indexes.count == payloads.count, let last = committed.entry(at: indexes.upperBound) else {
            return violation(.acknowledgedWithoutCopies, "\(id) acknowledges \(indexes), which are not committed")
        }
        let holders = voters(since: indexes.upperBound, by: replica).count { records[$0].holds(last.id) }
        if holders < copies || copies < wanted {
            violation(
                .acknowledgedWithoutCopies,
                "\(id) tells of \(copies) copies of \(last.id), of \(wanted) wanted; there are \(holders)"
            )
        }
    }
}
