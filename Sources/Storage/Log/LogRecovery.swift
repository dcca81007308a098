import Raft

/// Finds out what a log holds, at the start of a node.
///
/// - Bytes behind the last mark that no later mark vouches for are a torn write: they are zeroed, so that nothing can
///   ever take them for something written.
/// - Bytes before a later mark are damage: what can't be read is noted, all else is kept, and the files are left as
///   they are.
/// - Where the segment that the log ended in is missing, or a part of it, so is what was written last: the log goes on
///   behind what can be read, in another segment, once it is on disk that something was lost.
/// - Of sealed segments whose entries were all applied before, summaries are read instead (`SegmentSummary`). Where
///   anything else is found wrong, all are read.
/// - The last batch is written once more and everything is synced before anything is promised: a sync that failed in
///   the process before may have left it in the system's memory only, marked clean.
struct LogRecovery {
    let disk: any Disk
    let settings: StorageSettings
    let cluster: ClusterID
    let incarnation: Incarnation
    let base: BaseFile?
    /// Entries up to this one were applied before the start.
    let applied: LogIndex

    private(set) var positions: LogPositions
    /// The state of the log behind what was read so far; nil before anything was.
    private var tip: LogTip?
    private(set) var writer = LogWriter()
    private(set) var prepared: SegmentFile?
    private(set) var lastBatch: (SegmentFile, offset: Int, bytes: [UInt8])?
    private(set) var torns: [(SegmentFile, Range<Int>)] = []
    /// Files that hold nothing and are in the way.
    private(set) var leftovers: [String] = []
    /// Of sealed segments that were read, where they have none that says the same.
    private(set) var missingSummaries: [SegmentSummary] = []
    /// What was written last may be missing.
    private(set) var hasLostEnd = false
    /// The segment that must be made for the log to go on.
    private(set) var missingEnd: UInt64?
    /// The log is empty and goes on after the base, whatever stands in it up to here.
    private(set) var voidsThrough: UInt64?
    /// How the last segment that was read ended.
    private var lastMark: CommitMark.Kind?
    /// Segments read to find out where the log ends, until they are read for good.
    private var opened: [UInt64: FoundSegment] = [:]

    /// - Parameter applied: the entries up to this one are known to be committed.
    init(
        disk: any Disk,
        settings: StorageSettings,
        cluster: ClusterID,
        incarnation: Incarnation,
        base: BaseFile?,
        applied: LogIndex
    ) {
        self.disk = disk
        self.settings = settings
        self.cluster = cluster
        self.incarnation = incarnation
        self.base = base
        self.applied = applied
        positions = LogPositions(floor: base.map { ($0.base.entry, $0.base.chain) } ?? (.zero, .empty))
        voidsThrough = base?.voidsThrough
    }

    /// Whether the log must be emptied to fit its base.
    var isReplaced: Bool {
        guard let base else { return false }
        return voidsThrough != nil || base.base.entry.index > positions.summary.last.index
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

    /// Reads the log made of these segments.
    mutating func read(_ sequences: [UInt64]) throws(StorageError) {
        let first = base == nil ? 1 : sequences.first ?? 1
        var lastUsed = first
        for sequence in sequences.reversed() {
            guard let found = try find(sequence) else { continue }
            opened[sequence] = found
            if found.hasMark {
                lastUsed = sequence
                break
            }
        }
        for sequence in first..<lastUsed {
            if let (segment, summary) = try summarized(sequence) {
                take(segment, summary)
                continue
            }
            let found = if let found = try find(sequence) { found } else { try substitute(for: sequence) }
            try read(found, isLast: false)
            try noteSummary(of: sequence)
        }
        guard let last = try find(lastUsed) else {
            hasLostEnd = true
            missingEnd = lastUsed
            return
        }
        try read(last, isLast: true)
        try readUnused(sequences.filter { $0 > lastUsed }, behind: last)
        // A base that was made of the log stands for nothing the log didn't hold.
        if voidsThrough == nil, let base, base.base.entry.index > positions.summary.last.index { hasLostEnd = true }
        opened = [:]
    }

    private func find(_ sequence: UInt64) throws(StorageError) -> FoundSegment? {
        if let found = opened[sequence] { return found }
        return try FoundSegment.open(sequence, cluster: cluster, incarnation: incarnation, on: disk)
    }

    /// An empty segment in place of one that is missing, though later ones are in use.
    private func substitute(for sequence: UInt64) throws(StorageError) -> FoundSegment {
        let header = SegmentHeader(
            cluster: cluster,
            incarnation: incarnation,
            sequence: sequence,
            capacity: settings.firstSegmentBytes
        )
        let segment = try SegmentFile.create(header, on: disk)
        let bytes = try segment.file.read(at: 0, count: header.capacity)
        return FoundSegment(segment: segment, bytes: bytes, hasHeader: true, isCut: false, damagedAt: 0)
    }

    /// Where the log begins if nothing else says so.
    private var fallback: LogTip {
        LogTip(id: base?.base.entry ?? .zero, chain: base?.base.chain ?? .empty, batch: 0)
    }

    // MARK: One segment

    /// What is known of it is what its summary says.
    private mutating func take(_ segment: SegmentFile, _ summary: SegmentSummary) {
        begin(segment, summary.start)
        positions.take(summary)
        tip = summary.tip
        lastMark = .continued
    }

    /// Of the sealed segment that was just read.
    private mutating func noteSummary(of sequence: UInt64) throws(StorageError) {
        guard lastMark == .continued, let tip, let summary = positions.summarizeLast(tip: tip),
            try storedSummary(of: sequence) != summary
        else { return }
        missingSummaries.append(summary)
    }

    private mutating func read(_ found: FoundSegment, isLast: Bool) throws(StorageError) {
        let header = found.segment.header
        if header.sequence == 1 { tip = .empty }
        let own = SegmentScan(found.bytes, header: header, after: nil).ownStart
        begin(found.segment, own)
        var scan = SegmentScan(found.bytes, header: header, after: own ?? tip)
        while true {
            while let batch = scan.next() { take(batch) }
            if scan.lastMark == .continued || isLast && scan.laterBatch == nil { break }
            let positions = self.positions
            guard scan.salvage(fallback: fallback, identity: { Self.identity(at: $0, in: positions) }) else { break }
        }
        if !isLast, scan.lastMark != .continued {
            self.positions.apply(scan.takeRest(), end: found.bytes.count)
        }
        if let offset = [scan.damagedAt, found.damagedAt].compactMap({ $0 }).min() {
            self.positions.note(damageAt: offset, ofSegment: header.sequence, entries: nil)
        }
        if !scan.lastBatch.isEmpty { lastBatch = (found.segment, scan.lastBatch.lowerBound, scan.lastBatchBytes) }
        lastMark = scan.lastMark
        if isLast { return end(scan, in: found.segment) }
        tip = scan.working
        tip?.batch = max(scan.committed?.batch ?? 0, (scan.start?.batch ?? 0) + 1)
    }

    /// Goes on in this segment, which says itself, where it can be read, that the log is at `own` then.
    private mutating func begin(_ segment: SegmentFile, _ own: LogTip?) {
        if positions.segments.isEmpty {
            let start = own ?? tip ?? fallback
            let isKnown = start.id.index <= fallback.id.index
            positions.begin(after: isKnown ? start.id : fallback.id, isKnown ? start.chain : fallback.chain)
            positions.add(segment, start: start)
            if !isKnown { positions.skip(to: start.id, start.chain) }
            return
        }
        if let own, let tip, own != tip, let last = positions.segments.last {
            // What the segments before this one should hold isn't there.
            if (own.id, own.chain) != (tip.id, tip.chain) { positions.skip(to: own.id, own.chain) }
            positions.note(damageAt: last.end, ofSegment: last.file.header.sequence, entries: nil)
        }
        positions.add(segment, start: own ?? tip ?? fallback)
    }

    private mutating func take(_ batch: SegmentScan.Batch) {
        positions.apply(batch.changes, end: batch.end)
        // Nothing is appended to a log that is void before it says itself that it is.
        guard let voids = voidsThrough, batch.number > voids else { return }
        if batch.kind == .commit || !batch.changes.isEmpty { voidsThrough = nil }
    }

    private mutating func end(_ scan: SegmentScan, in segment: SegmentFile) {
        tip = scan.committed ?? fallback
        writer.segment = segment
        writer.position = scan.end
        writer.tip = tip ?? fallback
        writer.isSealed = scan.lastMark == .seal
        if let torn = scan.unreadBytes, scan.lastMark != .continued { torns.append((segment, torn)) }
    }

    static func identity(at index: LogIndex, in positions: LogPositions) -> (EntryID, ChainValue)? {
        let summary = positions.summary
        if index == summary.base.index { return (summary.base, summary.baseChain) }
        guard index > summary.base.index, index <= summary.last.index, let place = positions.record(of: index),
            let bytes = try? place.0.file.read(at: place.offset, count: RecordHeader.byteCount),
            let header = RecordHeader.decode(bytes, at: 0, key: place.0.header.key, offset: place.offset)
        else { return nil }
        return (header.id, header.chain)
    }

    // MARK: Behind the last segment in use

    /// Segments that no batch can be recognised in: the one the log has just gone on in, one made ahead.
    private mutating func readUnused(_ sequences: [UInt64], behind last: FoundSegment) throws(StorageError) {
        var unused: [FoundSegment] = []
        for sequence in sequences {
            guard let found = try find(sequence) else { continue }
            let isNext = sequence == last.sequence + 1
            if isNext && found.isAsMade { unused.append(found) } else { leftovers.append(found.segment.path) }
        }
        if let next = unused.first, let torn = next.unreadBytes { torns.append((next.segment, torn)) }
        prepared = unused.first?.segment
        // Before the mark that says that the log goes on in another segment, that one was there.
        hasLostEnd = lastMark == .continued ? prepared == nil : last.isCut || lastMark == nil && !last.hasHeader
        if let next = prepared, hasLostEnd || lastMark == .continued {
            goOn(in: next)
        } else if hasLostEnd {
            missingEnd = last.sequence + 1
            leftovers.removeAll { $0 == SegmentHeader.path(of: last.sequence + 1) }
        }
    }

    /// The log goes on in this segment, which is empty.
    mutating func goOn(in segment: SegmentFile) {
        let tip = tip ?? fallback
        if positions.segments.isEmpty { positions.begin(after: tip.id, tip.chain) }
        positions.add(segment, start: tip)
        prepared = nil
        writer.segment = segment
        writer.position = SegmentHeader.byteCount
        writer.tip = tip
        writer.isSealed = false
    }
}
