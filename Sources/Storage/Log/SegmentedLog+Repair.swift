import Raft
import Synchronization

/// Entries that can't be read are put back from good copies. A copy is good where the chain values say so on both
/// sides: it follows the entry before, and what comes behind follows it. Then no other entry can have been there.
///
/// A damaged segment is written anew as a whole, beside the old one, and takes its place by a rename.
extension SegmentedLog {
    /// What can't be read.
    package var damage: [Damage] { positions.withLock { $0.damage } }

    /// Takes copies of entries, contiguous and with their payloads, and makes good what they suffice for. Segments of
    /// which only bookkeeping is damaged are made good as well. Durable on return. Copies that don't suffice yet are
    /// kept until the process ends.
    ///
    /// Throws `.mismatch` where they can't be what is missing: forget them, and try those of another node, or begin
    /// with an earlier entry.
    ///
    /// - Parameter withoutPayloads: keep them as a witness does.
    /// - Returns: what still can't be read.
    func repair(_ copies: [Entry], withoutPayloads: Bool) throws(StorageError) -> [Damage] {
        for (entry, next) in zip(copies, copies.dropFirst()) {
            guard next.index == entry.index.next, next.follows(entry.chain) else {
                throw Self.mismatch(next.index...next.index)
            }
        }
        for copy in copies where copy.payloadElsewhere { throw Self.mismatch(copy.index...copy.index) }
        try writer.withLock { writer throws(StorageError) in
            try take(copies, &writer.repairs)
            try clearSuspects(writer.repairs)
            let ready = try verified(&writer.repairs)
            try rewriteDamaged(ready, &writer, withoutPayloads: withoutPayloads)
        }
        return damage
    }

    /// Keeps those that the log doesn't hold just so.
    private func take(_ copies: [Entry], _ repairs: inout Repairs) throws(StorageError) {
        let (unreadable, summary) = positions.withLock { ($0.unreadable, $0.summary) }
        for copy in copies where copy.index > summary.base.index && copy.index <= summary.last.index {
            if unreadable.contains(copy.index) {
                repairs.add(copy)
            } else if try identity(at: copy.index).1 != copy.chain {
                repairs.add(copy)
            }
        }
    }

    /// Entries that counted as lost only because the one before was: with a copy of that one they can be read.
    private func clearSuspects(_ repairs: Repairs) throws(StorageError) {
        for range in positions.withLock({ $0.unreadable.ranges }) {
            var before: ChainValue?
            for index in range {
                if let copy = repairs[index] {
                    before = copy.chain
                } else {
                    guard let chain = before, let entry = try entry(at: index, after: chain) else { break }
                    positions.withLock { $0.unreadable.remove(index...index) }
                    before = entry.chain
                }
            }
        }
    }

    /// The entry as it stands on the disk, where it comes after one with this chain value.
    private func entry(at index: LogIndex, after chain: ChainValue) throws(StorageError) -> Entry? {
        let span = positions.withLock { positions in
            positions.record(of: index).map { _ in positions.span(from: index, through: index, bytesMax: 1) }
        }
        guard let span else { return nil }
        return try decode(span, after: chain, noting: false)?.first
    }

    /// Stretches that can't be read and of which there are copies, sure to be good.
    private func verified(_ repairs: inout Repairs) throws(StorageError) -> IndexRanges {
        var ready = IndexRanges()
        for range in positions.withLock({ $0.unreadable.ranges }) {
            guard let covered = repairs.covered(range) else { continue }
            guard try fits(repairs.copies(of: covered)) else {
                repairs.forget(covered)
                throw Self.mismatch(covered)
            }
            ready.insert(covered)
        }
        return ready
    }

    /// Whether these entries come after the one before them and before the one behind them.
    private func fits(_ copies: [Entry]) throws(StorageError) -> Bool {
        guard let first = copies.first, let last = copies.last else { return false }
        var chain = try identity(at: first.index.previous).1
        for copy in copies {
            guard copy.follows(chain) else { return false }
            chain = copy.chain
        }
        let summary = self.summary
        if last.index == summary.last.index { return (last.id, last.chain) == (summary.last, summary.lastChain) }
        return try entry(at: last.index.next, after: last.chain) != nil
    }

    private static func mismatch(_ range: ClosedRange<LogIndex>) -> StorageError {
        StorageError(
            .mismatch,
            "The entries \(range.lowerBound)...\(range.upperBound) given to repair the log are not the ones it lost."
        )
    }

    // MARK: Writing anew

    /// Writes each damaged segment anew that can be read whole with these ranges.
    private func rewriteDamaged(
        _ ready: IndexRanges,
        _ writer: inout LogWriter,
        withoutPayloads: Bool
    ) throws(StorageError) {
        let places = positions.withLock { positions in
            positions.segments.indices.filter { Self.canRewrite($0, with: ready, in: positions) }
        }
        for place in places {
            let isNextToo = places.contains(place + 1)
            try rewrite(place, ready, &writer, movesEnd: isNextToo, withoutPayloads: withoutPayloads)
        }
    }

    private static func canRewrite(_ place: Int, with ready: IndexRanges, in positions: LogPositions) -> Bool {
        let segment = positions.segments[place]
        guard let held = positions.range(of: segment) else { return segment.damagedAt != nil }
        let unreadable = positions.unreadable.ranges.filter { $0.overlaps(held) }.map { $0.clamped(to: held) }
        guard segment.damagedAt != nil || !unreadable.isEmpty || ready.first(in: held) != nil else { return false }
        return unreadable.allSatisfy { ready.first(in: $0) == $0 }
    }

    private func rewrite(
        _ place: Int,
        _ ready: IndexRanges,
        _ writer: inout LogWriter,
        movesEnd: Bool,
        withoutPayloads: Bool
    ) throws(StorageError) {
        let (segment, next, held, summary) = positions.withLock { positions in
            let segment = positions.segments[place]
            let next = positions.segments.indices.contains(place + 1) ? positions.segments[place + 1] : nil
            return (segment, next, positions.range(of: segment), positions.summary)
        }
        let before = try held.map { held throws(StorageError) in
            try known(held.lowerBound.previous, writer.repairs, ready)
        }
        guard let entries = try contents(held, before?.1, writer.repairs, ready) else { return }
        var end = next?.start ?? writer.tip
        if movesEnd {
            end.id = entries.last?.id ?? before?.0 ?? segment.start.id
            end.chain = entries.last?.chain ?? before?.1 ?? segment.start.chain
        }
        let rewrite = SegmentRewrite(
            SegmentRewrite.Parts(
                header: segment.file.header,
                start: segment.start,
                before: before ?? (segment.start.id, segment.start.chain),
                entries: withoutPayloads ? entries.map(\.withoutPayload) : entries,
                end: end,
                base: summary.base,
                isLast: next == nil
            )
        )
        try removeSummary(of: segment.file)
        let file = try SegmentFile.replace(rewrite.header, with: rewrite.content, on: disk)
        positions.withLock { positions in
            positions.replace(place, with: file, rewrite, entries)
            if movesEnd { positions.segments[place + 1].start = end }
        }
        if let held { writer.repairs.forget(held) }
        guard next == nil else { return }
        writer.goOn(in: file, behind: rewrite)
    }

    /// The summary of a segment that is to be written anew goes before: durable on return.
    private func removeSummary(of segment: SegmentFile) throws(StorageError) {
        derived.wait()
        let path = SegmentSummary.path(of: segment.header.sequence)
        guard try disk.size(path) != nil else { return }
        try disk.remove(path)
        try disk.syncDirectory("log")
    }

    /// Term and chain value of an entry, of the copy where there is one.
    private func known(
        _ index: LogIndex,
        _ repairs: Repairs,
        _ ready: IndexRanges
    ) throws(StorageError) -> (EntryID, ChainValue) {
        if ready.contains(index), let copy = repairs[index] { return (copy.id, copy.chain) }
        return try identity(at: index)
    }

    /// The entries of a segment, from the disk or from copies; nil where more can't be read than was known.
    private func contents(
        _ range: ClosedRange<LogIndex>?,
        _ chain: ChainValue?,
        _ repairs: Repairs,
        _ ready: IndexRanges
    ) throws(StorageError) -> [Entry]? {
        guard let range, var chain else { return [] }
        var entries: [Entry] = []
        var next = range.lowerBound
        while next <= range.upperBound {
            if let copied = ready.first(in: next...range.upperBound), copied.lowerBound == next {
                entries += repairs.copies(of: copied)
            } else {
                let through = ready.first(in: next...range.upperBound)?.lowerBound.previous ?? range.upperBound
                let span = positions.withLock { $0.span(from: next, through: through, bytesMax: 1 << 20) }
                guard let read = try decode(span, after: chain) else { return nil }
                entries += read
            }
            guard let last = entries.last else { return nil }
            next = last.index.next
            chain = last.chain
        }
        return entries
    }
}
