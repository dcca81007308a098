import Raft
import Storage

extension RestoredState {
    /// What a data directory holds, as Raft wants to know it.
    ///
    /// - Parameters:
    ///   - applied: up to where the state machine has it already.
    ///   - viewed: how far the view of this log has come. It takes in only what is applied, hence committed.
    init(directory: DataDirectory, cluster: ClusterID, base: Snapshot?, applied: LogIndex, viewed: LogIndex?) throws {
        if let obstacle = directory.obstacle { throw obstacle }
        let (log, summary) = (directory.log, directory.log.summary)
        self.init(
            hardState: directory.hardState,
            cluster: cluster,
            // Before its first entry a log knows nobody.
            membership: base?.membership ?? .empty,
            laterMemberships: try summary.membershipIndexes.map { index in
                let (membership, _) = try MembershipCoding.decode(log.entry(at: index).payload)
                return MembershipVersion(index: index, membership: membership)
            },
            base: summary.base,
            baseChain: summary.baseChain,
            termRuns: summary.termRuns,
            lastIndex: summary.last.index,
            applied: applied,
            committed: min(viewed ?? .zero, summary.last.index),
            chains: try log.chains(applied...summary.last.index)
        )
    }
}
