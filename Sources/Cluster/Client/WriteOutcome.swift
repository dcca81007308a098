package import Messaging
package import Raft

/// How a client's write ended.
package enum WriteOutcome: Sendable {
    /// Committed and applied on this node; `copies` voters have it on disk. One id and one clock reading a message, in
    /// the order proposed.
    case committed(ids: ClosedRange<UInt64>, stamps: [HybridTimestamp], copies: Int)
    /// Nothing of it is stored and nothing of it ever will be: safe to send again.
    case notAccepted(NotAccepted)
}

/// Why a client's request was not taken.
package enum NotAccepted: Hashable, Sendable {
    /// Another node is the primary.
    case notPrimary(Primary)
    /// No primary is known, and none was found while the request was held.
    case noPrimary
    /// This node is or knows the primary, but fewer than a majority of the voters can be reached.
    case noQuorum
    /// Fewer voters can be reached than the write asks copies for.
    case tooFewCopies(atHand: Int)
    /// Too much is proposed and not yet committed, or too much is held.
    case overloaded
    /// Too few nodes have room on their disks.
    case diskFull
    /// The cluster has not been formed yet.
    case forming
    /// This node was removed from the cluster.
    case removed
    /// This node can't read all of its log, and gets what it lost from the others.
    case repairing
    /// Another entry was committed in its place after a change of primary.
    case overwritten
    /// The node is shutting down.
    case stopping
}

/// The node that takes writes.
package struct Primary: Hashable, Sendable {
    package var id: NodeID
    /// Where clients and peers reach it, for example `http://127.0.0.1:12345`.
    package var url: String
}

/// How a client's linearizable read went.
package enum ReadOutcome: Sendable {
    /// This node has applied everything that was acknowledged before the read was asked: read up to `index`.
    case readable(through: UInt64)
    case notAccepted(NotAccepted)
}
