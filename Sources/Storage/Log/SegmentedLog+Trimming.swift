import Raft
import Synchronization

/// Entries that a base state stands for leave the log, and whole segments the disk.
extension SegmentedLog {
    /// The number of the last batch.
    var lastBatch: UInt64 { writer.withLock { $0.tip.batch } }

    /// Entries up to this one, which the log holds or starts after, are out of range from here on. Segments that hold
    /// nothing else are removed. The caller has made durable what stands for them.
    func trim(to id: EntryID, _ chain: ChainValue) throws(StorageError) {
        try writer.withLock { _ throws(StorageError) in
            positions.withLock { $0.trim(to: id, chain) }
            try removeEmptied()
        }
    }

    /// The log is empty and goes on after this entry from here on: the caller has made durable what says so, of batches
    /// up to this one. That the log records it too may have to wait for room.
    func replaceAll(with id: EntryID, _ chain: ChainValue, voiding batch: UInt64) throws(StorageError) {
        writer.withLock { writer in
            positions.withLock { $0.reset(to: id, chain) }
            writer.owed = [.number(batch + 1), .reset(id, chain)]
        }
        do throws(StorageError) {
            try recordReset()
        } catch {
            guard error.code == .diskFull else { throw error }
        }
        try writer.withLock { _ throws(StorageError) in try removeEmptied() }
    }

    /// Makes sure that the log itself says what `replaceAll` said.
    func recordReset() throws(StorageError) {
        let isOwed = writer.withLock { !$0.owed.isEmpty }
        if isOwed { try append([]) }
    }

    /// Oldest first, and one after the other: what a crash leaves has no gaps.
    private func removeEmptied() throws(StorageError) {
        while let segment = positions.withLock({ $0.emptied }) {
            try disk.remove(segment.path)
            derived.remove(SegmentSummary.path(of: segment.header.sequence))
            try disk.syncDirectory("log")
            positions.withLock { $0.removeEmptied() }
        }
    }
}
