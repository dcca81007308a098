import Messaging
import Raft
import Storage

// What was applied, kept now and then so that the next start need not apply it again, as at the shell.
extension SimulatedReplica {
    static func checkpoint(in directory: DataDirectory) -> Broker? {
        guard let checkpoint = directory.recovered.checkpoint, let broker = try? Broker(checkpoint: checkpoint.state),
            broker.appliedIndex == checkpoint.entry.index.rawValue
        else { return nil }
        return broker
    }

    /// While the disk hangs nothing is written, and nobody waits for it.
    func keepCheckpointWhereDue() {
        guard checkpoints.isDue, !machine.isDiskHung, installing == nil, let (id, chain) = checkpoints.last,
            id.index.rawValue == broker.appliedIndex
        else { return }
        directory.keep(Checkpoint(entry: id, chain: chain, state: broker.encodedAsCheckpoint))
        checkpoints.begin()
    }
}
