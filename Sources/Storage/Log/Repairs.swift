import Raft

/// Good copies of entries that can't be read, until there are enough to be sure of them. Pure.
struct Repairs: Sendable {
    private var entries: [LogIndex: Entry] = [:]

    subscript(index: LogIndex) -> Entry? { entries[index] }

    mutating func add(_ entry: Entry) { entries[entry.index] = entry }

    mutating func forget(_ range: ClosedRange<LogIndex>) {
        entries = entries.filter { !range.contains($0.key) }
    }

    /// This range, as far down as there are copies without a gap; nil where not all of it has a copy.
    func covered(_ range: ClosedRange<LogIndex>) -> ClosedRange<LogIndex>? {
        guard entries.count >= range.count, range.allSatisfy({ entries[$0] != nil }) else { return nil }
        var first = range.lowerBound
        while first > 1, entries[first.previous] != nil { first = first.previous }
        return first...range.upperBound
    }

    func copies(of range: ClosedRange<LogIndex>) -> [Entry] { range.compactMap { entries[$0] } }
}
