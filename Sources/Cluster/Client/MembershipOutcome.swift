package import Raft

/// How a change of the cluster's membership ended.
package enum MembershipOutcome: Hashable, Sendable {
    /// It is committed: this entry of the log says so.
    case changed(index: UInt64)
    /// Nothing changed, for this reason.
    case refused(MembershipChange.Refusal)
    /// Nothing changed, and nothing of it ever will: ask the primary, or again.
    case notAccepted(NotAccepted)
}
