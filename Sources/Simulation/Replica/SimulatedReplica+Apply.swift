import Messaging
import Raft
import Storage

// Applies what is committed, and settles what waits for it.
extension SimulatedReplica {
    /// Less than the shell's, so that a turn's share is sometimes not all.
    private static var appliedPerTurnMax: Int { 64 }

    var hasBacklog: Bool {
        failure == nil && installing == nil && !awaitsRepair && broker.appliedIndex < applicable.rawValue
    }

    func applyBacklog() {
        guard hasBacklog else { return settle() }
        let first = LogIndex(broker.appliedIndex + 1)
        let last = min(applicable, first.advanced(by: Self.appliedPerTurnMax - 1))
        do {
            let entries =
                try node.entries(in: first...last)
                ?? directory.log.entries(from: first, through: last, bytesMax: 1 << 20)
            for entry in entries { try apply(entry) }
        } catch let error as StorageError where error.isDamage {
            awaitsRepair = true
            machine.keeper?.wake()
            return settle()
        } catch {
            failure = "entry \(broker.appliedIndex + 1) can't be applied: \(error)"
            return
        }
        settle()
    }

    private func apply(_ entry: Entry) throws {
        switch entry.kind {
        case .command where entry.payloadElsewhere: broker.advance(to: entry.index.rawValue)
        case .command: _ = broker.apply(try Command(payload: entry.payload), at: entry.index.rawValue)
        case .noop, .membership: broker.advance(to: entry.index.rawValue)
        }
        checkpoints.add(entry)
        oracle.applied(entry, by: self)
    }

    private func settle() {
        for _ in 0..<settling.count {
            let settlement = settling.removeFirst()
            if isDecided(settlement) { settle(settlement) } else { settling.append(settlement) }
        }
    }

    private func isDecided(_ settlement: Settlement) -> Bool {
        switch settlement {
        case .committed(_, let indexes, _): indexes.upperBound.rawValue <= broker.appliedIndex
        // Where it is far away, the primary is the better one to ask.
        case .readable(_, let index): index.rawValue <= broker.appliedIndex || (isFar(from: index) && hasOtherPrimary)
        case .rejected, .overwritten, .transferred: true
        }
    }

    /// More than can be applied in a turn.
    private func isFar(from index: LogIndex) -> Bool {
        index.rawValue > broker.appliedIndex + UInt64(Self.appliedPerTurnMax)
    }
}
