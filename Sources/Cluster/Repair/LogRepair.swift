import Raft
import Storage

/// Puts back entries that can't be read, from the other members' copies.
struct LogRepair: Sendable {
    let directory: DataDirectory
    let sources: [CopySource]
    /// Keep them as a witness does.
    let withoutPayloads: Bool
    /// Asked between two questions.
    let mustStop: @Sendable () -> Bool

    /// How far before the damage copies are asked for at most, where those of what was lost don't fit: what was lost
    /// may have taken the place of entries before it.
    private static let reachMax: UInt64 = 1 << 16

    /// Repairs as much as there are copies of.
    ///
    /// - Returns: why not all; empty where everything can be read again.
    func run() throws(StorageError) -> [String] {
        // What only concerns this node's own bookkeeping needs no copies.
        try directory.repair([], withoutPayloads: withoutPayloads)
        var lost = directory.log.damage.lostRanges
        while !lost.isEmpty, !mustStop() {
            var reasons: [String] = []
            // A segment is written anew once there are copies of all that it lost.
            for range in lost { reasons += try fetch(range) }
            let left = directory.log.damage.lostRanges
            if left == lost { return reasons.isEmpty ? ["no other member holds messages"] : reasons }
            lost = left
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
    private func fetch(_ lost: ClosedRange<LogIndex>, from source: CopySource) throws(StorageError) -> String? {
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
                return "the entries of \(source.peer.id) are not the ones that were lost"
            }
            reach = max(64, reach * 4)
        }
    }

    private func give(_ wanted: ClosedRange<LogIndex>, from source: CopySource) throws(StorageError) -> String? {
        var next = wanted.lowerBound
        while next <= wanted.upperBound {
            switch source.copies(of: next...wanted.upperBound) {
            case .failure(let refusal): return refusal.reason
            case .success(let copies):
                try directory.repair(copies, withoutPayloads: withoutPayloads)
                guard let last = copies.last else { return "\(source.peer.id) sent nothing" }
                next = last.index.next
            }
        }
        return nil
    }
}

extension [Damage] {
    /// The entries that can't be read, each stretch as a whole, also where it goes on in the next segment.
    var lostRanges: [ClosedRange<LogIndex>] {
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
