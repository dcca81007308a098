import Raft
import Synchronization

extension DataDirectory {
    /// Lets the log begin after this base, made of the entries up to it, and gives back the room of whole segments that
    /// lie below. Durable on return; after a crash at any point the log begins there, or where it did before.
    ///
    /// Throws `.outOfRange` where the log doesn't hold the base's entry, `.diskFull` where the base itself has no room.
    package func trim(to base: BaseState) throws(StorageError) {
        if base == self.base { return }
        let (id, chain) = try log.identity(at: base.entry.index)
        precondition(
            (id, chain) == (base.entry, base.chain),
            "a base at \(base.entry) with chain value \(base.chain), but the log has \(id) with \(chain)"
        )
        try guarded { state throws(StorageError) in
            try log.recordReset()
            try write(base, voidsThrough: nil, &state)
            try log.trim(to: base.entry, base.chain)
            published.withLock { $0.memberships.trim(through: base.entry.index) }
            try remakeReserve(state)
        }
    }

    /// Puts this base, which another node made, in place of everything the log holds. Durable on return; after a crash
    /// at any point all is as it was, or the log is empty and goes on after the base.
    package func install(_ base: BaseState) throws(StorageError) {
        try guarded { state throws(StorageError) in try install(base, &state) }
    }

    /// The same, as part of a write. Made again after one that found no room further on, it is there already.
    func install(_ base: BaseState, _ state: inout State) throws(StorageError) {
        if base == state.base?.base, log.summary.base == base.entry { return }
        let batch = log.lastBatch
        try write(base, voidsThrough: batch, &state)
        try log.replaceAll(with: base.entry, base.chain, voiding: batch)
        published.withLock { $0.memberships = LoggedMemberships() }
        try remakeReserve(state)
    }

    /// The cluster this node belongs to: one without has no log.
    var requiredCluster: ClusterID {
        guard let cluster = identity.cluster else { preconditionFailure("a base for a node that has no cluster") }
        return cluster
    }

    /// Keeps room for the next base, which will be about as large as this one.
    private func remakeReserve(_ state: State) throws(StorageError) {
        try reserve.remake(for: state.base.map { TwinFile<BaseFile>.bytesNeeded(for: $0) } ?? 0)
    }

    private func write(_ base: BaseState, voidsThrough: UInt64?, _ state: inout State) throws(StorageError) {
        let file = BaseFile(
            cluster: requiredCluster,
            incarnation: identity.incarnation,
            number: (state.base?.number ?? 0) + 1,
            voidsThrough: voidsThrough,
            base: base
        )
        try reserve.withRoom { () throws(StorageError) in try TwinFile<BaseFile>(disk: disk).write(file) }
        state.base = file
        published.withLock { $0.base = base }
    }
}
