import Messaging
import Raft
import Storage

// What was applied, kept now and then so that the next start need not apply it again.
extension ReplicaLoop {
    /// The state machine as it was when this node last kept it, where its log is still the same.
    static func checkpoint(in directory: DataDirectory) -> Broker? {
        guard let checkpoint = directory.recovered.checkpoint, let broker = try? Broker(checkpoint: checkpoint.state),
            broker.appliedIndex == checkpoint.entry.index.rawValue
        else { return nil }
        return broker
    }

    mutating func keepCheckpointWhereDue() {
        if checkpoints.isDue { keepCheckpoint() }
    }

    mutating func keepCheckpoint() {
        guard installing == nil, let (id, chain) = checkpoints.last, id.index.rawValue == broker.appliedIndex else {
            return
        }
        directory.keep(Checkpoint(entry: id, chain: chain, state: broker.encodedAsCheckpoint))
        checkpoints.begin()
    }
}
