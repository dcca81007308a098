/// An operator's word that the others will not come back with what this node lacks: it goes on alone.
package struct Promotion: Hashable, Sendable {
    /// The epoch that the operator saw: in any other one nothing happens.
    package var epoch: UInt64
    /// Random: what the new epoch is known by.
    package var id: UInt64
    /// Whether it may lack messages that were acknowledged.
    package var acceptsLoss: Bool

    package init(epoch: UInt64, id: UInt64, acceptsLoss: Bool) {
        self.epoch = epoch
        self.id = id
        self.acceptsLoss = acceptsLoss
    }

    /// Why a node is not promoted.
    package enum Refusal: Error, Hashable, Sendable {
        /// This node leads, or follows a leader: nothing is lost.
        case leaderKnown(NodeID)
        /// A leader was heard, or this node was started, so lately that the others may elect one by themselves.
        case tooSoon
        /// The cluster is in this epoch.
        case otherEpoch(UInt64)
        /// A learner, a witness, or a node that may not lead.
        case notAVoter
        /// Others could acknowledge without this node. It knows everything up to here to be committed and has it; what
        /// was acknowledged after that may be missing.
        case mayLoseMessages(after: LogIndex)
        /// Another node was promoted as well.
        case diverged
        /// This node was removed while it was away.
        case removed
    }
}
