package import Raft
import Synchronization

/// The replicated log of one node on its disk: an append-only journal in segments. A batch is durable when `append`
/// returns; bytes once synced are never written over.
///
/// One thread appends. Any thread reads meanwhile, and sees what is durable.
package final class SegmentedLog: Sendable {
    let disk: any Disk
    let settings: StorageSettings
    let incarnation: Incarnation
    let preparer: SegmentPreparer
    let derived: DerivedFiles
    let positions: Mutex<LogPositions>
    private let latencies: SyncLatencies
    let writer: Mutex<LogWriter>

    init(
        disk: any Disk,
        settings: StorageSettings,
        incarnation: Incarnation,
        latencies: SyncLatencies,
        preparer: SegmentPreparer,
        derived: DerivedFiles,
        positions: consuming LogPositions,
        writer: consuming LogWriter
    ) {
        self.disk = disk
        self.settings = settings
        self.incarnation = incarnation
        self.latencies = latencies
        self.preparer = preparer
        self.derived = derived
        self.positions = Mutex(positions)
        self.writer = Mutex(writer)
    }

    /// What the log holds, all of it durable.
    package var summary: LogSummary { positions.withLock { $0.summary } }

    /// Bytes of all its segments on the disk.
    package var storedBytes: Int {
        positions.withLock { $0.segments.reduce(0) { $0 + $1.file.header.capacity } }
    }

    /// Makes the first segment of a log of this cluster, where it isn't made yet. Durable on return.
    package func start(cluster: ClusterID) throws(StorageError) {
        try writer.withLock { writer throws(StorageError) in
            if let segment = writer.segment {
                if segment.header.cluster == cluster { return }
                throw StorageError(
                    .foreign,
                    "The log was begun for cluster \(segment.header.cluster), not \(cluster). Start the node again."
                )
            }
            let header = SegmentHeader(
                cluster: cluster,
                incarnation: incarnation,
                sequence: 1,
                capacity: settings.firstSegmentBytes
            )
            let segment = try preparer.take(header)
            writer.segment = segment
            positions.withLock { $0.add(segment, start: .empty) }
        }
    }

    /// Appends all steps as one batch and returns when it is durable: one write and one sync.
    ///
    /// Throws with the log as it was where the error isn't final: the same steps, or others, may be appended later.
    package func append(_ steps: [LogStep]) throws(StorageError) {
        try writer.withLock { writer throws(StorageError) in
            var steps = steps
            steps.insert(contentsOf: writer.owed, at: 0)
            try append(steps, &writer)
            writer.owed = []
        }
    }

    /// Writes a seal behind the last batch, where there is none and room for it: from here on damage to that batch can
    /// be told from a torn write. Durable on return.
    package func seal() throws(StorageError) {
        try writer.withLock { writer throws(StorageError) in
            guard !writer.isSealed, writer.owed.isEmpty, writer.tip.batch > 0, writer.fits(CommitMark.byteCount)
            else { return }
            try write(&writer, .seal) { _ in }
        }
    }

    /// Bytes left in the segment that is written to. Never waits for a write.
    var segmentBytesLeft: Int {
        positions.withLock { $0.segments.last?.bytesLeft } ?? 0
    }

    /// Begins to make the next segment where this one is half full and it isn't there: also again, where the last
    /// attempt failed some time ago. Never waits for a write.
    func prepareNext() {
        let current = positions.withLock { $0.segments.last }
        guard let current, current.bytesLeft < current.file.header.capacity / 2 else { return }
        preparer.prepare(nextHeader(after: current.file.header))
    }

    // MARK: Writing

    private func append(_ steps: [LogStep], _ writer: inout LogWriter) throws(StorageError) {
        let size = BatchEncoder.size(of: steps)
        if !writer.fits(size) { try roll(&writer, forBatchOf: size) }
        try write(&writer, .commit) { encoder throws(StorageError) in
            for step in steps { try encode(step, into: &encoder) }
        }
        prepareNext()
    }

    /// Encodes one batch with these contents, writes and syncs it, then takes it in.
    private func write(
        _ writer: inout LogWriter,
        _ mark: CommitMark.Kind,
        contents: (inout BatchEncoder) throws(StorageError) -> Void
    ) throws(StorageError) {
        guard let segment = writer.segment else { preconditionFailure("the log is not started") }
        let start = writer.position
        var buffer: [UInt8] = []
        swap(&buffer, &writer.buffer)
        var encoder = BatchEncoder(key: segment.header.key, start: start, tip: writer.tip, buffer: consume buffer)
        try contents(&encoder)
        encoder.encodeMark(mark)
        let end = start + encoder.bytes.count
        encoder.encodeZeros(max(0, writer.dirtyEnd - end))
        do throws(StorageError) {
            try segment.file.write(encoder.bytes, at: start)
        } catch {
            writer.dirtyEnd = max(writer.dirtyEnd, start + encoder.bytes.count)
            throw error
        }
        try latencies.sync(segment.file)
        writer.position = end
        writer.dirtyEnd = 0
        writer.tip = encoder.tip
        writer.isSealed = mark == .seal
        if encoder.bytes.count <= LogWriter.bufferBytesMax { writer.buffer = encoder.bytes }
        positions.withLock { $0.apply(encoder.changes, end: end) }
    }

    private func encode(_ step: LogStep, into encoder: inout BatchEncoder) throws(StorageError) {
        switch step {
        case .append(let entries):
            for entry in entries { encoder.encode(entry) }
        case .truncate(let index):
            let (id, chain) = if let known = encoder.identity(at: index) { known } else { try identity(at: index) }
            encoder.encodeTruncation(to: id, chain)
        case .reset(let id, let chain):
            encoder.encodeReset(to: id, chain)
        case .number(let number):
            let tip = encoder.tip
            if number > tip.batch + 1 { encoder.encodeSkip(to: tip.id, tip.chain, batch: number) }
        }
    }

    /// Goes on in the next segment, which can take a batch of this size.
    private func roll(_ writer: inout LogWriter, forBatchOf size: Int) throws(StorageError) {
        guard let current = writer.segment else { preconditionFailure("the log is not started") }
        var header = nextHeader(after: current.header)
        header.capacity = max(header.capacity, LogWriter.capacity(forBatchOf: size))
        precondition(header.capacity <= Int(UInt32.max), "a batch of \(size) bytes is too large for any segment")
        let next = try preparer.take(header)
        do throws(StorageError) {
            try write(&writer, .continued) { _ in }
        } catch {
            preparer.giveBack(next)
            throw error
        }
        writer.segment = next
        writer.position = SegmentHeader.byteCount
        let summary = positions.withLock { positions in
            defer { positions.add(next, start: writer.tip) }
            return positions.summarizeLast(tip: writer.tip)
        }
        if let summary { keep(summary) }
    }

    /// Lets the next start do without reading this segment, which is sealed.
    func keep(_ summary: SegmentSummary) {
        derived.replace(SegmentSummary.path(of: summary.header.sequence)) { summary.encoded() }
    }

    private func nextHeader(after header: SegmentHeader) -> SegmentHeader {
        SegmentHeader(
            cluster: header.cluster,
            incarnation: header.incarnation,
            sequence: header.sequence + 1,
            capacity: max(settings.firstSegmentBytes, min(settings.segmentBytes, header.capacity * 4))
        )
    }
}
