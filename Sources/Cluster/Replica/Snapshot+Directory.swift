import Raft
import Storage

extension Snapshot {
    /// What the log of a data directory goes on from; nil where it begins with entry 1.
    init?(directory: DataDirectory) throws {
        guard let base = directory.base else { return nil }
        self.init(
            last: base.entry,
            chain: base.chain,
            membership: try MembershipCoding.decode(base.membership).membership,
            state: base.state
        )
    }
}
