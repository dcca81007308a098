import Raft
import Storage

extension RestoredState {
    /// What a data directory holds, as Raft wants to know it: nothing of it applied yet.
    init(directory: DataDirectory, membership: Membership) throws {
        if let obstacle = directory.obstacle { throw obstacle }
        let summary = directory.log.summary
        self.init(
            hardState: directory.hardState,
            membership: membership,
            base: summary.base,
            baseChain: summary.baseChain,
            termRuns: summary.termRuns,
            lastIndex: summary.last.index,
            applied: summary.base.index,
            chains: try directory.log.chains(summary.base.index...summary.last.index)
        )
    }
}
