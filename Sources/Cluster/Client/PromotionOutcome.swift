package import Raft

/// How a promotion ended.
package enum PromotionOutcome: Hashable, Sendable {
    /// This node leads alone, in the epoch of this number. Where others could acknowledge without it, it may lack
    /// messages with ids above `mayLackAfter`.
    case promoted(epoch: UInt64, mayLackAfter: UInt64?)
    /// Nothing changed, for this reason.
    case refused(Promotion.Refusal)
    /// Nothing changed.
    case notAccepted(NotAccepted)
}
