package import Raft
import Synchronization

extension DataDirectory {
    /// Takes copies of entries that this node lost, from any other, contiguous and with their payloads, and makes good
    /// what they suffice for. That they are the very same is checked by the chain values on both sides. Without any
    /// copies it makes good what needs none. Durable on return.
    ///
    /// Throws `.mismatch` where they are not what was lost: try those of another node, or begin with an earlier entry.
    ///
    /// - Parameter withoutPayloads: keep them as a witness does.
    /// - Returns: what still can't be read.
    @discardableResult
    package func repair(_ copies: [Entry], withoutPayloads: Bool = false) throws(StorageError) -> [Damage] {
        try guarded { _ throws(StorageError) in
            _ = try log.repair(copies, withoutPayloads: withoutPayloads)
            published.withLock { $0.memberships.add(copies) }
        }
        return log.damage
    }

    /// What this node may have lost of its log's end, it has again. Durable on return.
    package func settleLoss() throws(StorageError) {
        try guarded { state throws(StorageError) in
            try state.vote.write(lostFrom: nil)
            published.withLock { $0.lostFrom = nil }
        }
    }

    /// Entries from this one on may have been acknowledged by this node, and are lost; nil where none are, or that is
    /// settled.
    package var lostFrom: LogIndex? { published.withLock { $0.lostFrom } }

    /// Why this directory can't serve a node as it is; nil where it can.
    package var obstacle: StorageError? {
        if let damage = log.damage.first(where: { $0.entries != nil }) { return .damaged(damage) }
        return lostFrom.map { index in
            StorageError(
                .damaged(Damage(file: "log", offset: 0)),
                "The end of the log is lost: entries from \(index) on may have been acknowledged by this node, and are "
                    + "not on its disk any more. It must get them from the others before it counts again."
            )
        }
    }
}
