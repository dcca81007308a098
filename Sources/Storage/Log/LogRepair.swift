package import Raft

/// Another member, asked for copies of entries.
package protocol CopySource {
    var id: NodeID { get }

    /// Copies of the first of these entries, as many as the other gives at a time: at least one.
    func copies(of range: ClosedRange<LogIndex>) -> Result<[Entry], NoCopy>
}

/// Why there is no copy.
package struct NoCopy: Error, Hashable, Sendable {
    package var reason: String

    package init(reason: String) { self.reason = reason }
}

/// Puts back entries that can't be read, from the other members' copies.
package struct LogRepair {
    private let directory: DataDirectory
    private let sources: [any CopySource]
    private let withoutPayloads: Bool
    private let mustStop: () -> Bool

    /// How far before the damage copies are asked for at most, where those of what was lost don't fit: what was lost
    /// may have taken the place of entries before it.
    private static let reachMax: UInt64 = 1 << 16

    /// - Parameters:
    ///   - sources: those that may have copies.
    ///   - withoutPayloads: keep them as a witness does.
    ///   - mustStop: asked between two questions.
    package init(
        directory: DataDirectory,
        sources: [any CopySource],
        withoutPayloads: Bool,
        mustStop: @escaping () -> Bool
    ) {
        self.directory = directory
        self.sources = sources
        self.withoutPayloads = withoutPayloads
        self.mustStop = mustStop
    }

    /// Repairs as much as there are copies of.
    ///
    /// - Returns: why not all; empty where everything can be read again.
    package func run() throws(StorageError) -> [String] {
        // What only concerns this node's own bookkeeping needs no copies.
        try directory.repair([], withoutPayloads: withoutPayloads)
        var lost = directory.log.damage.lostRanges
        while !lost.isEmpty, !mustStop() {
            var reasons: [String] = []
            // A segment is written anew once there are copies of all that it lost.
            for range in lost { reasons += try fetch(range) }
            let left = directory.log.damage.lostRanges
            if left != lost {
                lost = left
                continue
            }
            // A read finds one entry. Where the next one can't be read either, no copy seems to fit.
            try directory.log.readDamagedSegments()
            lost = directory.log.damage.lostRanges
            if lost == left { return reasons.isEmpty ? ["no other member that holds messages is known"] : reasons }
        }
        return []
    }

    /// - Returns: why no member has them; empty where one has.
    private func fetch(_ lost: ClosedRange<LogIndex>) throws(StorageError) -> [String] {
        var reasons: [String] = []
        for source in sources where !mustStop() {
            guard let reason = try fetch(lost, from: source) else { return [] }
            reasons.append(reason)
        }
        return reasons
    }

    /// - Returns: why this member has none; nil where its copies are what was lost.
    private func fetch(_ lost: ClosedRange<LogIndex>, from source: any CopySource) throws(StorageError) -> String? {
        let beginning = directory.log.summary.base.index.next
        var reach: UInt64 = 0
        while true {
            let room = beginning.distance(to: lost.lowerBound)
            let first = LogIndex(lost.lowerBound.rawValue - min(UInt64(max(room, 0)), reach))
            do throws(StorageError) {
                return try give(first...lost.upperBound, from: source)
            } catch {
                guard error.code == .mismatch else { throw error }
            }
            guard first > beginning, reach < Self.reachMax else {
                return "the entries of \(source.id) are not the ones that were lost"
            }
            reach = max(64, reach * 4)
        }
    }

    private func give(_ wanted: ClosedRange<LogIndex>, from source: any CopySource) throws(StorageError) -> String? {
        var next = wanted.lowerBound
        while next <= wanted.upperBound {
            switch source.copies(of: next...wanted.upperBound) {
            case .failure(let refusal): return refusal.reason
            case .success(let copies):
                try directory.repair(copies, withoutPayloads: withoutPayloads)
                guard let last = copies.last else { return "\(source.id) sent nothing" }
                next = last.index.next
            }
        }
        return nil
    }
}

extension SegmentedLog {
    /// Entries of this range for another node that lost them, whatever of it this node can read, committed or not, as
    /// many as fit into `bytesMax` but at least one batch; none where the log doesn't hold the first one, or can't read
    /// it either.
    package func copies(of range: ClosedRange<LogIndex>, bytesMax: Int) throws(StorageError) -> [Entry] {
        let summary = summary
        guard range.lowerBound > summary.base.index, range.lowerBound <= summary.last.index else { return [] }
        let last = min(range.upperBound, summary.last.index)
        do throws(StorageError) {
            return try entries(from: range.lowerBound, through: last, bytesMax: bytesMax)
        } catch {
            switch error.code {
            case .damaged, .outOfRange: return []
            default: throw error
            }
        }
    }
}

extension [Damage] {
    /// The entries that can't be read, each stretch as a whole, also where it goes on in the next segment.
    package var lostRanges: [ClosedRange<LogIndex>] {
        var ranges: [ClosedRange<LogIndex>] = []
        for range in compactMap(\.entries) {
            if let last = ranges.last, last.upperBound.next == range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound...range.upperBound
            } else {
                ranges.append(range)
            }
        }
        return ranges
    }
}
