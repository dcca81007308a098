import Raft

/// Finds out what a log holds, at the start of a node.
///
/// - Bytes behind the last mark that no later mark vouches for are a torn write: they are zeroed, so that nothing can
///   ever take them for something written.
/// - Bytes before a later mark are damage: `.damaged`, and the files are left as they are.
/// - The last batch is written once more and everything is synced before anything is promised: a sync that failed in
///   the process before may have left it in the system's memory only, marked clean.
struct LogRecovery {
    let disk: any Disk
    let settings: StorageSettings
    let cluster: ClusterID
    let incarnation: Incarnation
    let base: BaseFile?

    private var positions = LogPositions()
    private var tip: LogTip?
    private var writer = LogWriter()
    private var prepared: SegmentFile?
    private var lastBatch: (SegmentFile, offset: Int, bytes: [UInt8])?
    private var torns: [(SegmentFile, Range<Int>)] = []
    private var end: End?
    /// The log is empty and goes on after the base, whatever stands in it up to here.
    private var voidsThrough: UInt64?

    /// Where the log ends, and which entry would come next.
    private struct End {
        var path: String
        var offset: Int
        var firstIndex: LogIndex
    }

    init(disk: any Disk, settings: StorageSettings, cluster: ClusterID, incarnation: Incarnation, base: BaseFile?) {
        self.disk = disk
        self.settings = settings
        self.cluster = cluster
        self.incarnation = incarnation
        self.base = base
        voidsThrough = base?.voidsThrough
    }

    /// Numbers of the segments there are, lowest first, after removing what a crash left half made.
    static func segments(on disk: any Disk) throws(StorageError) -> [UInt64] {
        var sequences: [UInt64] = []
        for name in try disk.list("log") {
            if name.hasSuffix(".new") { try disk.remove("log/" + name) }
            if let sequence = SegmentHeader.sequence(ofFileNamed: name) { sequences.append(sequence) }
        }
        return sequences.sorted()
    }

    /// Recovers the log made of these segments, of which there is at least one.
    mutating func recover(_ sequences: [UInt64], latencies: SyncLatencies) throws(StorageError) -> SegmentedLog {
        if base == nil, let lowest = sequences.first, lowest != 1 { throw missing(1) }
        for (sequence, next) in zip(sequences, sequences.dropFirst()) where next != sequence + 1 {
            throw missing(sequence + 1)
        }
        var open = true
        for sequence in sequences {
            let segment = try SegmentFile.open(sequence, cluster: cluster, incarnation: incarnation, on: disk)
            open = open ? try read(segment, isFirst: sequence == sequences.first) : try readUnused(segment)
        }
        if open, let last = sequences.last { throw missing(last + 1) }
        let log = try finish(latencies)
        if let base { try begin(log, after: base.base) }
        return log
    }

    /// Reads the segment the log goes on in; false where it ends there.
    private mutating func read(_ segment: SegmentFile, isFirst: Bool) throws(StorageError) -> Bool {
        let bytes = try segment.file.read(at: 0, count: segment.header.capacity)
        let isVeryFirst = segment.header.sequence == 1
        var scan = SegmentScan(bytes, header: segment.header, after: isVeryFirst ? .empty : tip)
        if let batch = scan.next() {
            if isFirst, let base = scan.base { positions.begin(after: base.id, base.chain) }
            positions.add(segment)
            take(batch)
            while let batch = scan.next() { take(batch) }
            lastBatch = (segment, scan.lastBatch.lowerBound, scan.lastBatchBytes)
        } else {
            positions.add(segment)
        }
        if scan.lastMark == .continued {
            tip = scan.committed
            return true
        }
        try scan.checkTail()
        guard let committed = scan.committed else {
            throw .damaged(segment.path, at: scan.stop, "nothing in it can be read, though the log begins here")
        }
        end = End(path: segment.path, offset: scan.stop, firstIndex: scan.firstIndexInDoubt)
        tip = committed
        writer.segment = segment
        writer.position = scan.end
        writer.tip = committed
        writer.isSealed = scan.lastMark == .seal
        if let torn = scan.tornBytes { torns.append((segment, torn)) }
        return false
    }

    private mutating func take(_ batch: SegmentScan.Batch) {
        positions.apply(batch.changes, end: batch.end)
        guard let voids = voidsThrough, batch.number > voids else { return }
        for case .reset in batch.changes { voidsThrough = nil }
    }

    /// Lets the log begin after its base. That is where a crash left it for certain, or where it has been since.
    private func begin(_ log: SegmentedLog, after base: BaseState) throws(StorageError) {
        if voidsThrough != nil { return try log.replaceAll(with: base.entry, base.chain) }
        let summary = log.summary
        guard summary.base.index <= base.entry.index else {
            throw .damaged(
                SegmentHeader.path(of: 1),
                at: 0,
                firstIndex: base.entry.index.next,
                "segments are missing: entries after \(base.entry.index) through \(summary.base.index) are nowhere"
            )
        }
        guard base.entry.index <= summary.last.index,
            try log.identity(at: base.entry.index) == (base.entry, base.chain)
        else {
            throw .damaged(
                BaseFile.path,
                at: 0,
                "it stands for entries up to \(base.entry), which the log, at \(summary.last), doesn't hold"
            )
        }
        try log.trim(to: base.entry, base.chain)
    }

    /// Reads a segment behind the one the log ends in: it was made ahead, and must be empty.
    private mutating func readUnused(_ segment: SegmentFile) throws(StorageError) -> Bool {
        let bytes = try segment.file.read(at: 0, count: segment.header.capacity)
        let scan = SegmentScan(bytes, header: segment.header, after: nil)
        if let offset = scan.anyMark(), let end {
            throw .damaged(
                end.path,
                at: end.offset,
                firstIndex: end.firstIndex,
                "the log can't be read on from there, though it goes on in \(segment.path) at byte \(offset)"
            )
        }
        guard prepared == nil else {
            try disk.remove(segment.path)
            return false
        }
        if let torn = scan.tornBytes { torns.append((segment, torn)) }
        prepared = segment
        return false
    }

    /// Makes what was read durable, and what is torn unreadable.
    private func finish(_ latencies: SyncLatencies) throws(StorageError) -> SegmentedLog {
        if let (segment, offset, bytes) = lastBatch {
            try segment.file.write(bytes, at: offset)
            try latencies.sync(segment.file)
        }
        for (segment, torn) in torns {
            try segment.file.write([UInt8](repeating: 0, count: torn.count), at: torn.lowerBound)
            try latencies.sync(segment.file)
        }
        try disk.syncDirectory("log")
        let preparer = SegmentPreparer(
            disk: disk,
            settings: settings,
            current: writer.segment?.header.sequence ?? 0,
            ready: prepared
        )
        return SegmentedLog(
            disk: disk,
            settings: settings,
            incarnation: incarnation,
            latencies: latencies,
            preparer: preparer,
            positions: positions,
            writer: writer
        )
    }

    private func missing(_ sequence: UInt64) -> StorageError {
        .damaged(
            SegmentHeader.path(of: sequence),
            at: 0,
            firstIndex: tip?.id.index.next,
            "the file is missing, though the log goes on in it"
        )
    }
}
