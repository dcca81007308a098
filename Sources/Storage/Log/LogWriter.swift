import Raft

/// Where the next batch goes. Belongs to the one thread that writes.
struct LogWriter: Sendable {
    /// The segment written to; nil before the log is started.
    var segment: SegmentFile?
    /// Where the next batch starts.
    var position = SegmentHeader.byteCount
    /// The state of the log on disk.
    var tip = LogTip.empty
    /// What the base file vouches for and the log doesn't record yet: it comes before anything else.
    var owed: [LogStep] = []
    /// Copies of entries that can't be read.
    var repairs = Repairs()
    /// The last thing on disk is a seal.
    var isSealed = false
    /// A write that failed for lack of room may have left bytes up to here.
    var dirtyEnd = 0
    /// Kept between batches for its memory, unless that is large.
    var buffer: [UInt8] = []

    static let bufferBytesMax = 4 << 20

    /// The segment written to was written anew.
    mutating func goOn(in segment: SegmentFile, behind rewrite: SegmentRewrite) {
        self.segment = segment
        position = rewrite.content.count
        isSealed = rewrite.tip != tip
        tip = rewrite.tip
        dirtyEnd = 0
    }

    /// Whether a batch of this size can go into the segment, with room left to say that the log goes on in the next.
    func fits(_ batchSize: Int) -> Bool {
        guard let segment else { return false }
        let base = position == SegmentHeader.byteCount ? BatchEncoder.baseRecordSize : 0
        return position + base + batchSize + CommitMark.byteCount <= segment.header.capacity
    }

    /// Bytes a segment must have to take a batch of this size first.
    static func capacity(forBatchOf size: Int) -> Int {
        let bytes = SegmentHeader.byteCount + BatchEncoder.baseRecordSize + size + CommitMark.byteCount
        return (bytes + 4095) & ~4095
    }
}
