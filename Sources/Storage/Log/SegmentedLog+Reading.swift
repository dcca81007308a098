package import Raft
import Synchronization

/// Every entry read is checked: the record's header by its own checksum, index and place; the content by the chain
/// value, which must be the one that follows from the entry before it. An entry that fails is noted, and never served.
extension SegmentedLog {
    /// Entries from `first` through `last`, in order, as many as fit into `bytesMax` and `entriesMax`: at least one
    /// whole batch, and never part of one, unless `last` is inside it. Empty where `first` is above `last`.
    ///
    /// Throws `.outOfRange` where the log doesn't hold all of them, `.damaged` where the first batch can't be read.
    package func entries(
        from first: LogIndex,
        through last: LogIndex,
        bytesMax: Int,
        entriesMax: Int = .max
    ) throws(StorageError) -> [Entry] {
        guard first <= last else { return [] }
        while true {
            if let entries = try readUnlessChanged(first, last, bytesMax, entriesMax) { return entries }
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

    private static let readBytesMin = 64 << 10

    /// Nil where entries were truncated meanwhile, or found damaged: to be tried again.
    private func readUnlessChanged(
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
                return try Self.span(from: next, through: last, bytesMax: room, needed: whole == 0, in: positions)
            }
            guard let span else { return nil }
            guard !span.offsets.isEmpty else { break }
            let previous = if let chain { chain } else { try identity(at: next.previous).1 }
            guard let read = try decode(span, after: previous) else { return nil }
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

    /// Where to read on. Empty where the next entry can't be read and none more are needed.
    private static func span(
        from next: LogIndex,
        through last: LogIndex,
        bytesMax: Int,
        needed: Bool,
        in positions: LogPositions
    ) throws(StorageError) -> LogPositions.Span {
        try check(next...last, in: positions.summary)
        guard let unreadable = positions.unreadable.first(in: next...last) else {
            return positions.span(from: next, through: last, bytesMax: bytesMax)
        }
        if unreadable.lowerBound > next {
            return positions.span(from: next, through: unreadable.lowerBound.previous, bytesMax: bytesMax)
        }
        guard needed else {
            let file = positions.segments[positions.place(of: next)].file
            return LogPositions.Span(file: file, first: next, offsets: [], end: 0)
        }
        throw .damaged(positions.damage(at: next))
    }

    static func check(_ range: ClosedRange<LogIndex>, in summary: LogSummary) throws(StorageError) {
        guard range.lowerBound > summary.base.index, range.upperBound <= summary.last.index else {
            throw StorageError(
                .outOfRange,
                "Entries \(range.lowerBound)...\(range.upperBound) were asked for, but the log holds those after "
                    + "\(summary.base.index) through \(summary.last.index)."
            )
        }
    }

    /// The entries of a span, whose first one comes after one with this chain value. Nil where one of them isn't what
    /// was written, or the chain value isn't right.
    ///
    /// - Parameter notes: whether the chain value is known to be right.
    func decode(
        _ span: LogPositions.Span,
        after chain: ChainValue,
        noting notes: Bool = true
    ) throws(StorageError) -> [Entry]? {
        let start = Int(span.offsets[0])
        guard let bytes = try read(span) else { return nil }
        var entries: [Entry] = []
        entries.reserveCapacity(span.offsets.count)
        var chain = chain
        for (place, offset) in span.offsets.enumerated() {
            let index = span.first.advanced(by: place)
            guard let entry = Self.decode(bytes, from: start, at: Int(offset), of: index, span.file, after: chain)
            else {
                if notes { note(damageAt: Int(offset), of: index, in: span.file) }
                return nil
            }
            entries.append(entry)
            chain = entry.chain
        }
        return entries
    }

    /// The bytes of a span; nil where the disk can't give back those of one of its entries.
    private func read(_ span: LogPositions.Span) throws(StorageError) -> [UInt8]? {
        let start = Int(span.offsets[0])
        do throws(StorageError) {
            return try span.file.file.read(at: start, count: span.end - start)
        } catch {
            guard error.isLostData else { throw error }
        }
        for (place, offset) in span.offsets.enumerated() {
            let end = place + 1 < span.offsets.count ? Int(span.offsets[place + 1]) : span.end
            do throws(StorageError) {
                _ = try span.file.file.read(at: Int(offset), count: end - Int(offset))
            } catch {
                guard error.isLostData else { throw error }
                note(damageAt: Int(offset), of: span.first.advanced(by: place), in: span.file)
            }
        }
        return nil
    }

    /// The entry whose record stands at `offset` of the segment, of which `bytes` begin at `start`; nil where that
    /// isn't what was written there.
    private static func decode(
        _ bytes: [UInt8],
        from start: Int,
        at offset: Int,
        of index: LogIndex,
        _ segment: SegmentFile,
        after chain: ChainValue
    ) -> Entry? {
        let position = offset - start
        guard let header = RecordHeader.decode(bytes, at: position, key: segment.header.key, offset: offset),
            case .entry(let kind) = header.kind, header.id.index == index, position + header.size <= bytes.count
        else { return nil }
        let payloadStart = position + RecordHeader.byteCount
        let payload = bytes[payloadStart..<payloadStart + header.payloadLength]
        guard header.vouches(for: payload, of: kind, after: chain) else { return nil }
        return Entry(header, kind, payload)
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
