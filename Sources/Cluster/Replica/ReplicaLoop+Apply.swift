import Messaging
import Raft
import Storage

// Applies what is committed, and settles what waits for it.
extension ReplicaLoop {
    var hasBacklog: Bool { installing == nil && !awaitsRepair && broker.appliedIndex < applicable.rawValue }

    /// Applies at most a turn's share.
    mutating func applyBacklog() {
        guard hasBacklog else { return settle() }
        let first = LogIndex(broker.appliedIndex + 1)
        let last = min(applicable, first.advanced(by: Self.appliedPerTurnMax - 1))
        do {
            let entries =
                try node.entries(in: first...last)
                ?? log.entries(from: first, through: last, bytesMax: Self.appliedBytesPerTurnMax)
            for entry in entries { try apply(entry) }
            keepCheckpointWhereDue()
        } catch let error as StorageError where error.isDamage {
            awaitsRepair = true
            keeper.noteDamage()
            return settle()
        } catch {
            failure = "entry \(broker.appliedIndex + 1) can't be applied: \(error)"
            return
        }
        view?.advance(to: LogIndex(broker.appliedIndex))
        settle()
    }

    private mutating func apply(_ entry: Entry) throws {
        switch entry.kind {
        // A witness keeps no messages: what they change is the others' business.
        case .command where entry.payloadElsewhere: broker.advance(to: entry.index.rawValue)
        case .command: _ = broker.apply(try Command(payload: entry.payload), at: entry.index.rawValue)
        case .noop, .membership: broker.advance(to: entry.index.rawValue)
        }
        checkpoints.add(entry)
    }

    private mutating func settle() {
        for _ in 0..<settling.count {
            let settlement = settling.removeFirst()
            // Where nobody waits any more, there is nothing to wait for.
            if !clients.isWaiting(settlement.ticket) || isDecided(settlement) {
                settle(settlement)
            } else {
                settling.append(settlement)
            }
        }
    }

    private func isDecided(_ settlement: Settlement) -> Bool {
        switch settlement {
        case .committed(_, let indexes, _): indexes.upperBound.rawValue <= broker.appliedIndex
        case .readable(_, let index): isDecided(readableFrom: index)
        case .rejected, .overwritten, .transferred: true
        }
    }

    /// The clock reading of the last message in the log after this entry; zero where it has none.
    static func latestStamp(in log: SegmentedLog, after applied: LogIndex) throws -> HybridTimestamp {
        var index = log.summary.last.index
        while index > applied {
            let entry = try log.entry(at: index)
            if entry.kind == .command { return Command.stamp(of: entry.payload) ?? .zero }
            index = index.previous
        }
        return .zero
    }
}
