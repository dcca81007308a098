import Raft

/// A set of entries, as few ranges of indexes as it takes, lowest first.
struct IndexRanges: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<LogIndex>] = []

    var isEmpty: Bool { ranges.isEmpty }

    func contains(_ index: LogIndex) -> Bool { ranges.contains { $0.contains(index) } }

    /// The part of the first range that overlaps this one.
    func first(in range: ClosedRange<LogIndex>) -> ClosedRange<LogIndex>? {
        ranges.first { $0.overlaps(range) }.map { $0.clamped(to: range) }
    }

    mutating func insert(_ range: ClosedRange<LogIndex>) {
        let touching = ranges.filter {
            $0.lowerBound <= range.upperBound.next && range.lowerBound <= $0.upperBound.next
        }
        let lower = touching.first.map { min($0.lowerBound, range.lowerBound) } ?? range.lowerBound
        let upper = touching.last.map { max($0.upperBound, range.upperBound) } ?? range.upperBound
        ranges.removeAll { touching.contains($0) }
        let place = ranges.firstIndex { $0.lowerBound > upper } ?? ranges.count
        ranges.insert(lower...upper, at: place)
    }

    mutating func remove(_ range: ClosedRange<LogIndex>) {
        ranges = ranges.flatMap { held -> [ClosedRange<LogIndex>] in
            guard held.overlaps(range) else { return [held] }
            var rest: [ClosedRange<LogIndex>] = []
            if held.lowerBound < range.lowerBound { rest.append(held.lowerBound...range.lowerBound.previous) }
            if held.upperBound > range.upperBound { rest.append(range.upperBound.next...held.upperBound) }
            return rest
        }
    }

    /// Forgets those above this index.
    mutating func truncate(after index: LogIndex) {
        guard let highest = ranges.last?.upperBound, highest > index else { return }
        remove(index.next...highest)
    }

    /// Forgets those up to this index.
    mutating func trim(through index: LogIndex) {
        guard let lowest = ranges.first?.lowerBound, lowest <= index else { return }
        remove(lowest...index)
    }
}
