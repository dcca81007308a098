import Raft

extension LogRecovery {
    /// Whether more is wrong than a look at the summaries of segments can tell: those must be read then.
    ///
    /// - Parameter checkpoint: where the entries end that were applied before.
    func mustReadAll(for checkpoint: Checkpoint) -> Bool {
        if hasLostEnd || isReplaced || !positions.damage.isEmpty { return true }
        let index = checkpoint.entry.index
        guard let (id, chain) = Self.identity(at: index, in: positions) else { return true }
        return (id, chain) != (checkpoint.entry, checkpoint.chain)
    }

    /// Makes what was read durable, and what is torn unreadable.
    ///
    /// - Parameter lose: puts on disk that entries from this one on may have been lost.
    mutating func finish(
        _ latencies: SyncLatencies,
        _ derived: DerivedFiles,
        lose: (LogIndex) throws(StorageError) -> Void
    ) throws(StorageError) -> SegmentedLog {
        if hasLostEnd {
            try lose(max(positions.summary.last.index, base?.base.entry.index ?? .zero).next)
            if let missingEnd { try makeEnd(missingEnd) }
        }
        if let (segment, offset, bytes) = lastBatch {
            try segment.file.write(bytes, at: offset)
            try latencies.sync(segment.file)
        }
        for (segment, torn) in torns {
            try segment.file.write([UInt8](repeating: 0, count: torn.count), at: torn.lowerBound)
            try latencies.sync(segment.file)
        }
        for path in leftovers { try disk.remove(path) }
        try removeStraySummaries()
        try disk.syncDirectory("log")
        let preparer = SegmentPreparer(
            disk: disk,
            settings: settings,
            current: writer.segment?.header.sequence ?? 0,
            ready: prepared
        )
        let log = SegmentedLog(
            disk: disk,
            settings: settings,
            incarnation: incarnation,
            latencies: latencies,
            preparer: preparer,
            derived: derived,
            positions: positions,
            writer: writer
        )
        try begin(log)
        for summary in missingSummaries { log.keep(summary) }
        return log
    }

    /// Those of segments that are not there any more, or not sealed.
    private func removeStraySummaries() throws(StorageError) {
        let sealed = Set(positions.segments.dropLast().map(\.file.header.sequence))
        for name in try disk.list("log") {
            guard let sequence = SegmentSummary.sequence(ofFileNamed: name), !sealed.contains(sequence) else {
                continue
            }
            try disk.remove("log/" + name)
        }
    }

    /// Lets the log begin after its base: where it was put, or trimmed to.
    private func begin(_ log: SegmentedLog) throws(StorageError) {
        guard let base = base?.base else { return }
        if isReplaced { return try log.replaceAll(with: base.entry, base.chain, voiding: voidsThrough ?? 0) }
        if log.damage.isEmpty, try log.identity(at: base.entry.index) != (base.entry, base.chain) {
            throw .damaged(
                BaseFile.path,
                at: 0,
                "it stands for entries up to \(base.entry), of which the log holds others"
            )
        }
        try log.trim(to: base.entry, base.chain)
    }

    /// The log goes on in a new segment with this number. What is there under its name is of no use, but kept.
    private mutating func makeEnd(_ sequence: UInt64) throws(StorageError) {
        let path = SegmentHeader.path(of: sequence)
        if try disk.size(path) != nil {
            try disk.rename(path, to: path + ".damaged")
            try disk.syncDirectory("log")
        }
        let header = SegmentHeader(
            cluster: cluster,
            incarnation: incarnation,
            sequence: sequence,
            capacity: settings.firstSegmentBytes
        )
        goOn(in: try SegmentFile.create(header, on: disk))
    }
}
