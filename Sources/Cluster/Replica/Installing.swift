import Messaging
import Raft

/// What a primary's snapshot will make of this node once it is on disk.
struct Installing {
    /// The write that replaces the log.
    let token: PersistToken
    /// The last entry that the snapshot stands for.
    let last: LogIndex
    let broker: Broker
}
