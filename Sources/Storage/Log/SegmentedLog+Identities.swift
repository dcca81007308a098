package import Raft
import Synchronization

/// What entries are called, without their contents.
extension SegmentedLog {
    /// Term and chain value of the entry at `index`, or of the one before the first.
    ///
    /// Throws `.outOfRange` where the log doesn't hold it, `.damaged` where its record's header can't be read.
    package func identity(at index: LogIndex) throws(StorageError) -> (EntryID, ChainValue) {
        while true {
            let place = try positions.withLock { positions throws(StorageError) -> Place in
                let summary = positions.summary
                if index == summary.last.index { return .known(summary.last, summary.lastChain) }
                if index == summary.base.index { return .known(summary.base, summary.baseChain) }
                try Self.check(index...index, in: summary)
                guard let record = positions.record(of: index) else {
                    if let (id, chain) = positions.identityBehindGap(at: index) { return .known(id, chain) }
                    throw .damaged(positions.damage(at: index))
                }
                return .record(record.0, offset: record.offset)
            }
            switch place {
            case .known(let id, let chain): return (id, chain)
            case .record(let segment, let offset):
                if let header = try header(of: index, in: segment, offset: offset) { return (header.id, header.chain) }
                if note(damageAt: offset, of: index, in: segment) {
                    throw .damaged(positions.withLock { $0.damage(at: index) })
                }
            }
        }
    }

    /// The chain values of the entries in `range`, which may start with the one before the first. Reads headers only:
    /// contents are not checked. Throws as `identity` does. Not while another thread truncates the range.
    package func chains(_ range: ClosedRange<LogIndex>) throws(StorageError) -> [ChainValue] {
        var chains = [try identity(at: range.lowerBound).1]
        chains.reserveCapacity(range.count)
        while chains.count < range.count {
            let next = range.lowerBound.advanced(by: chains.count)
            chains += try self.chains(from: next, through: range.upperBound)
        }
        return chains
    }

    private enum Place {
        case known(EntryID, ChainValue)
        case record(SegmentFile, offset: Int)
    }

    private static let chunkBytes = 1 << 20

    /// At least one of them.
    private func chains(from first: LogIndex, through last: LogIndex) throws(StorageError) -> [ChainValue] {
        let span = try positions.withLock { positions throws(StorageError) -> LogPositions.Span? in
            try Self.check(first...last, in: positions.summary)
            let readable = positions.unreadable.first(in: first...last).map { $0.lowerBound.previous } ?? last
            return readable < first ? nil : positions.span(from: first, through: readable, bytesMax: Self.chunkBytes)
        }
        guard let span, let bytes = try? span.file.file.read(at: Int(span.offsets[0]), count: span.length) else {
            return [try identity(at: first).1]
        }
        var chains: [ChainValue] = []
        for (place, offset) in span.offsets.enumerated() {
            let index = first.advanced(by: place)
            let position = Int(offset - span.offsets[0])
            guard
                let header = RecordHeader.decode(
                    bytes,
                    at: position,
                    key: span.file.header.key,
                    offset: Int(offset)
                ), header.id.index == index
            else {
                chains.append(try identity(at: index).1)
                return chains
            }
            chains.append(header.chain)
        }
        return chains
    }

    /// The header of an entry's record; nil where it can't be read.
    func header(of index: LogIndex, in segment: SegmentFile, offset: Int) throws(StorageError) -> RecordHeader? {
        do throws(StorageError) {
            let bytes = try segment.file.read(at: offset, count: RecordHeader.byteCount)
            let header = RecordHeader.decode(bytes, at: 0, key: segment.header.key, offset: offset)
            return header?.id.index == index ? header : nil
        } catch {
            guard error.isLostData else { throw error }
            return nil
        }
    }

    /// Notes that this entry's record isn't what was written there. False where the entry stands elsewhere meanwhile.
    @discardableResult
    func note(damageAt offset: Int, of index: LogIndex, in segment: SegmentFile) -> Bool {
        positions.withLock { positions in
            let summary = positions.summary
            guard index > summary.base.index, index <= summary.last.index, let place = positions.record(of: index),
                place.0.file === segment.file, place.offset == offset
            else { return false }
            positions.note(damageAt: offset, ofSegment: segment.header.sequence, entries: index...index)
            return true
        }
    }
}
