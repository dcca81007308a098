import Raft
import Synchronization

/// Reads a log again and again, a piece at a time, so that damage is noticed while there are good copies elsewhere.
/// Whoever calls decides how fast.
package struct LogScrub: Sendable {
    /// What one step found.
    package struct Step: Hashable, Sendable {
        /// Bytes read.
        package var bytes = 0
        /// Damage that wasn't known.
        package var damage: [Damage] = []
        /// The end of the log was reached; the next step begins at its beginning.
        package var isRoundComplete = false
    }

    private let log: SegmentedLog
    /// The segment being read, and how far.
    private var current: (segment: SegmentFile, check: SegmentCheck)?
    /// Segments up to this number were read in this round.
    private var done: UInt64 = 0

    package init(_ log: SegmentedLog) { self.log = log }

    /// Reads on, about this many bytes; more where one record has more.
    package mutating func step(bytesMax: Int) throws(StorageError) -> Step {
        var step = Step()
        guard let (segment, end) = log.segment(after: done) else {
            done = 0
            step.isRoundComplete = true
            return step
        }
        // A segment that was written anew meanwhile is read from its beginning.
        var check =
            current.flatMap { $0.segment.file === segment.file ? $0.check : nil } ?? SegmentCheck(segment.header)
        let outcome = try advance(&check, in: segment, end: end, bytesMax: bytesMax, &step)
        if outcome == .unreadable { step.damage = try log.inspect(segment, damagedAt: check.position) }
        current = (segment, check)
        if outcome == .unreadable || check.position >= end {
            done = segment.header.sequence
            current = nil
        }
        return step
    }

    private func advance(
        _ check: inout SegmentCheck,
        in segment: SegmentFile,
        end: Int,
        bytesMax: Int,
        _ step: inout Step
    ) throws(StorageError) -> SegmentCheck.Outcome {
        var count = max(bytesMax, CommitMark.byteCount)
        while true {
            count = min(count, end - check.position)
            do throws(StorageError) {
                let bytes = try segment.file.read(at: check.position, count: count)
                step.bytes += bytes.count
                let outcome = check.advance(bytes, upTo: end)
                guard case .needs(let needed) = outcome, needed > count, bytes.count == count else { return outcome }
                count = needed
            } catch {
                guard error.isLostData else { throw error }
                return .unreadable
            }
        }
    }
}

extension SegmentedLog {
    /// The first segment with a higher number of which no damage is known, and where its last batch ends.
    fileprivate func segment(after sequence: UInt64) -> (SegmentFile, end: Int)? {
        positions.withLock { positions in
            positions.segments.first { $0.file.header.sequence > sequence && $0.damagedAt == nil }.map {
                ($0.file, $0.end)
            }
        }
    }

    /// Finds out which entries of a segment can't be read, and notes it.
    fileprivate func inspect(_ segment: SegmentFile, damagedAt offset: Int) throws(StorageError) -> [Damage] {
        let sequence = segment.header.sequence
        let held = positions.withLock { positions -> ClosedRange<LogIndex>?? in
            guard let found = positions.segments.first(where: { $0.file.file === segment.file }) else { return nil }
            positions.note(damageAt: offset, ofSegment: sequence, entries: nil)
            return .some(positions.range(of: found))
        }
        guard let held else { return [] }
        if let held { try readAll(held) }
        return damage.filter { $0.file == segment.path }
    }

    /// Reads all that segments hold which can't be read whole, or follow on what can't be read, so that every entry is
    /// noted that can't be.
    package func readDamagedSegments() throws(StorageError) {
        let ranges = positions.withLock { positions in
            positions.segments.compactMap { positions.range(of: $0) }.filter { held in
                positions.unreadable.first(in: held.lowerBound.previous...held.upperBound) != nil
            }
        }
        for range in ranges { try readAll(range) }
    }

    /// An entry whose own record may be good counts as lost too while the chain value before it is not known: it may be
    /// damaged as well, and then no copy of the one before would seem to fit.
    private func noteIfSuspect(_ index: LogIndex) throws(StorageError) {
        do throws(StorageError) {
            _ = try identity(at: index.previous)
            return
        } catch {
            switch error.code {
            case .damaged: break
            case .outOfRange: return
            default: throw error
            }
        }
        let record = positions.withLock { positions -> (SegmentFile, offset: Int)? in
            let summary = positions.summary
            guard index > summary.base.index, index <= summary.last.index else { return nil }
            return positions.record(of: index)
        }
        if let record { note(damageAt: record.offset, of: index, in: record.0) }
    }

    /// Reads these entries, so that those are noted that can't be.
    private func readAll(_ range: ClosedRange<LogIndex>) throws(StorageError) {
        var next = range.lowerBound
        while next <= range.upperBound {
            do throws(StorageError) {
                let read = try entries(from: next, through: range.upperBound, bytesMax: 1 << 20)
                next = next.advanced(by: max(read.count, 1))
            } catch {
                switch error.code {
                case .damaged:
                    try noteIfSuspect(next)
                    next = next.next
                // Trimmed or cut off meanwhile.
                case .outOfRange: return
                default: throw error
                }
            }
        }
    }
}
