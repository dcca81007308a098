package import Raft

/// What applying the log up to some entry has brought about, so that a start need not apply it again. Of this node
/// alone, and never sent.
package struct Checkpoint: Hashable, Sendable {
    /// The last entry applied, so committed, and its chain value.
    package var entry: EntryID
    package var chain: ChainValue
    /// Of the state machine, in a coding of its own.
    package var state: [UInt8]

    package init(entry: EntryID, chain: ChainValue, state: [UInt8]) {
        self.entry = entry
        self.chain = chain
        self.state = state
    }
}

extension DataDirectory {
    /// Keeps what entries up to this one have brought about, some time: the next start goes on from there, or from an
    /// earlier one. Never waits for the disk.
    package func keep(_ checkpoint: Checkpoint) {
        let file = CheckpointFile(
            cluster: requiredCluster,
            incarnation: identity.incarnation,
            base: log.summary.base,
            checkpoint: checkpoint
        )
        log.derived.replace(CheckpointFile.path) { file.encoded() }
    }
}
