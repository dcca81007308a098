/// What a node keeps only while it leads.
struct Leadership: Hashable, Sendable {
    /// The other members, sorted by name.
    var peers: [Progress]
    /// This term's no-op. Once it is committed, so is everything before it (Raft §8).
    let termStart: LogIndex
    /// Of a pair with a witness.
    var backup: BackupStanding?
    /// Members that were removed, until they are told.
    var farewells: [Farewell] = []
    /// Counts heartbeat rounds, within this term.
    var round: UInt64 = 0
    var nextHeartbeat: Instant
    /// The earliest time for a heartbeat that only carries a new commit index.
    var nextCommitNews: Instant
    /// A peer's match rose since proposals that wait for copies were last looked at.
    var copiesMayHaveGrown = false

    func place(of peer: NodeID) -> Int? { peers.firstIndex { $0.id == peer } }

    /// The greatest value that at least `quorum` of `values` reach; the least there is where too few are given.
    static func reached<Value: Comparable>(by quorum: Int, _ values: [Value]) -> Value? {
        let sorted = values.sorted(by: >)
        return sorted.count >= quorum ? sorted[quorum - 1] : nil
    }
}
