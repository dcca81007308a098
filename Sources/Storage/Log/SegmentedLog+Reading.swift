package import Raft
import Synchronization

/// Every entry read is checked: the record's header by its own checksum, index and place; the content by the chain
/// value, which must be the one that follows from the entry before it.
extension SegmentedLog {
    /// Entries from `first` through `last`, in order, as many as fit into `bytesMax` and `entriesMax`: at least one
    /// whole batch, and never part of one, unless `last` is inside it. Empty where `first` is above `last`.
    ///
    /// Throws `.outOfRange` where the log doesn't hold all of them, `.damaged` where the disk gives back other bytes
    /// than were written.
    package func entries(
        from first: LogIndex,
        through last: LogIndex,
        bytesMax: Int,
        entriesMax: Int = .max
    ) throws(StorageError) -> [Entry] {
        guard first <= last else { return [] }
        while true {
            if let entries = try readUnlessTruncated(first, last, bytesMax, entriesMax) { return entries }
        }
    }

    /// The entry at `index`. Throws as `entries` does.
    package func entry(at index: LogIndex) throws(StorageError) -> Entry {
        guard let entry = try entries(from: index, through: index, bytesMax: 1).first else {
            preconditionFailure("reading entry \(index) gave none")
        }
        return entry
    }

    /// The entries of kind `membership` that the log holds, oldest first. Not while another thread cuts or trims it.
    package func membershipEntries() throws(StorageError) -> [Entry] {
        var entries: [Entry] = []
        for index in summary.membershipIndexes { entries.append(try entry(at: index)) }
        return entries
    }

    /// Term and chain value of the entry at `index`, or of the one before the first.
    package func identity(at index: LogIndex) throws(StorageError) -> (EntryID, ChainValue) {
        let found = try positions.withLock { positions throws(StorageError) -> Place in
            let summary = positions.summary
            if index == summary.last.index { return .known(summary.last, summary.lastChain) }
            if index == summary.base.index { return .known(summary.base, summary.baseChain) }
            try Self.check(index...index, in: summary)
            return .span(positions.span(from: index, through: index, bytesMax: 1))
        }
        switch found {
        case .known(let id, let chain): return (id, chain)
        case .span(let span):
            let offset = Int(span.offsets[0])
            let bytes = try span.file.file.read(at: offset, count: RecordHeader.byteCount)
            let header = try Self.header(bytes, at: 0, of: span.first, in: span.file, offset: offset)
            return (header.id, header.chain)
        }
    }

    /// The chain values of the entries in `range`, which may start with the one before the first. Reads headers only:
    /// contents are not checked. Not while another thread truncates the range.
    package func chains(_ range: ClosedRange<LogIndex>) throws(StorageError) -> [ChainValue] {
        var chains = [try identity(at: range.lowerBound).1]
        chains.reserveCapacity(range.count)
        while chains.count < range.count {
            let next = range.lowerBound.advanced(by: chains.count)
            let span = try positions.withLock { positions throws(StorageError) in
                try Self.check(next...range.upperBound, in: positions.summary)
                return positions.span(from: next, through: range.upperBound, bytesMax: Self.chunkBytes)
            }
            let start = Int(span.offsets[0])
            let bytes = try span.file.file.read(at: start, count: span.end - start)
            for (place, offset) in span.offsets.enumerated() {
                let header = try Self.header(
                    bytes,
                    at: Int(offset) - start,
                    of: next.advanced(by: place),
                    in: span.file,
                    offset: Int(offset)
                )
                chains.append(header.chain)
            }
        }
        return chains
    }

    private enum Place {
        case known(EntryID, ChainValue)
        case span(LogPositions.Span)
    }

    private static let chunkBytes = 1 << 20
    private static let readBytesMin = 64 << 10

    /// Nil where entries were truncated meanwhile.
    private func readUnlessTruncated(
        _ first: LogIndex,
        _ last: LogIndex,
        _ bytesMax: Int,
        _ entriesMax: Int
    ) throws(StorageError) -> [Entry]? {
        let generation = positions.withLock { $0.generation }
        var entries: [Entry] = []
        var bytes = 0
        /// How many entries make whole batches.
        var whole = 0
        var next = first
        var chain: ChainValue?
        while next <= last {
            let room = whole > 0 ? bytesMax - bytes : max(bytesMax - bytes, Self.readBytesMin)
            guard room > 0, whole == 0 || entries.count < entriesMax else { break }
            let span = try positions.withLock { positions throws(StorageError) -> LogPositions.Span? in
                guard positions.generation == generation else { return nil }
                try Self.check(next...last, in: positions.summary)
                return positions.span(from: next, through: last, bytesMax: room)
            }
            guard let span else { return nil }
            let previous = if let chain { chain } else { try identity(at: next.previous).1 }
            let read = try Self.decode(span, after: previous)
            guard positions.withLock({ $0.generation }) == generation else { return nil }
            for entry in read {
                let size = RecordHeader.size(payloadLength: entry.payload.count)
                if whole > 0, bytes + size > bytesMax || entries.count >= entriesMax {
                    return Array(entries[..<whole])
                }
                entries.append(entry)
                bytes += size
                if !entry.continues || entry.index == last { whole = entries.count }
            }
            next = next.advanced(by: read.count)
            chain = entries.last?.chain
        }
        return Array(entries[..<whole])
    }

    private static func check(_ range: ClosedRange<LogIndex>, in summary: LogSummary) throws(StorageError) {
        guard range.lowerBound > summary.base.index, range.upperBound <= summary.last.index else {
            throw StorageError(
                .outOfRange,
                "Entries \(range.lowerBound)...\(range.upperBound) were asked for, but the log holds those after "
                    + "\(summary.base.index) through \(summary.last.index)."
            )
        }
    }

    private static func decode(_ span: LogPositions.Span, after chain: ChainValue) throws(StorageError) -> [Entry] {
        let start = Int(span.offsets[0])
        let bytes = try span.file.file.read(at: start, count: span.end - start)
        var entries: [Entry] = []
        entries.reserveCapacity(span.offsets.count)
        var chain = chain
        for (place, offset) in span.offsets.enumerated() {
            let index = span.first.advanced(by: place)
            let position = Int(offset) - start
            let header = try header(bytes, at: position, of: index, in: span.file, offset: Int(offset))
            let payloadStart = position + RecordHeader.byteCount
            guard case .entry(let kind) = header.kind, payloadStart + header.payloadLength <= bytes.count else {
                throw damaged(span.file, Int(offset), index)
            }
            let payload = bytes[payloadStart..<payloadStart + header.payloadLength]
            guard header.vouches(for: payload, of: kind, after: chain) else {
                throw damaged(span.file, Int(offset), index)
            }
            entries.append(Entry(header, kind, payload))
            chain = header.chain
        }
        return entries
    }

    private static func header(
        _ bytes: [UInt8],
        at position: Int,
        of index: LogIndex,
        in segment: SegmentFile,
        offset: Int
    ) throws(StorageError) -> RecordHeader {
        guard let header = RecordHeader.decode(bytes, at: position, key: segment.header.key, offset: offset),
            header.id.index == index
        else { throw damaged(segment, offset, index) }
        return header
    }

    private static func damaged(_ segment: SegmentFile, _ offset: Int, _ index: LogIndex) -> StorageError {
        .damaged(
            segment.path,
            at: offset,
            firstIndex: index,
            "entry \(index) is not what was written there"
        )
    }
}

extension Entry {
    /// What a record of an entry holds.
    fileprivate init(_ header: RecordHeader, _ kind: Kind, _ payload: ArraySlice<UInt8>) {
        self.init(
            id: header.id,
            kind: kind,
            continues: header.continues,
            payload: Array(payload),
            chain: header.chain
        )
        payloadElsewhere = header.payloadElsewhere
    }
}
