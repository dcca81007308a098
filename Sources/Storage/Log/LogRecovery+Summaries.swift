import Raft

/// Sealed segments need not be read at a start where a summary says what they do to the log, and all that they hold was
/// applied before: nothing of that bars a node from anything, and each read checks what it reads.
///
/// A segment must still have the length and the header it had, and begin and end with the state of the log that its
/// summary says: no two contents of a segment end alike, for a batch's number is never given twice, and a summary goes
/// before its segment is written anew. Whatever doesn't fit is read in full.
extension LogRecovery {
    /// The segment with this number and its summary; nil where it must be read.
    func summarized(_ sequence: UInt64) throws(StorageError) -> (SegmentFile, SegmentSummary)? {
        // A log that its base has made void says somewhere itself that it is: where, only the segments tell.
        guard applied > .zero, voidsThrough == nil, let summary = try storedSummary(of: sequence),
            summary.tip.id.index <= applied, let segment = try segment(fitting: summary)
        else { return nil }
        return (segment, summary)
    }

    /// What the summary of this segment says, if it has one of this node's.
    func storedSummary(of sequence: UInt64) throws(StorageError) -> SegmentSummary? {
        let bytes = try disk.derivedContents(of: SegmentSummary.path(of: sequence))
        guard let summary = bytes.flatMap({ SegmentSummary($0) }), summary.header.sequence == sequence,
            summary.header.cluster == cluster, summary.header.incarnation == incarnation
        else { return nil }
        return summary
    }

    /// The segment that this summary speaks of; nil where it isn't the one it was made of.
    private func segment(fitting summary: SegmentSummary) throws(StorageError) -> SegmentFile? {
        let header = summary.header
        let markStart = summary.end - CommitMark.byteCount
        guard markStart >= SegmentHeader.byteCount + BatchEncoder.baseRecordSize,
            try disk.size(header.path) == header.capacity
        else { return nil }
        let file = try disk.open(header.path, creating: false)
        do throws(StorageError) {
            let head = try file.read(at: 0, count: SegmentHeader.byteCount + BatchEncoder.baseRecordSize)
            guard try SegmentHeader.decode(head, path: header.path) == header,
                SegmentScan(head, header: header, after: nil).ownStart == summary.start
            else { return nil }
            let tail = try file.read(at: markStart, count: CommitMark.byteCount)
            let mark = CommitMark.decode(tail, at: 0, key: header.key, offset: markStart)
            guard let mark, mark.kind == .continued, mark.tip == summary.tip else { return nil }
        } catch {
            guard error.isDamage || error.isLostData || error.code == .unsupported else { throw error }
            return nil
        }
        return SegmentFile(header: header, file: file)
    }
}
