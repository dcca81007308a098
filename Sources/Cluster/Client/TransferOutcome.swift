package import Raft

/// How a hand-over of the primary's office ended.
package enum TransferOutcome: Hashable, Sendable {
    /// This node is the primary now.
    case transferred(to: NodeID)
    /// The node asked has no office to hand over, or has lost it to another than the one wanted.
    case notAccepted(NotAccepted)
    /// The node wanted, or every other one, can't take over: not reachable, or no voter that holds messages.
    case noSuccessor
    /// An earlier hand-over goes on.
    case alreadyUnderWay
    /// The successor did not take over in time: the primary is the same as before.
    case timedOut
}
