import DequeModule

/// Proposals that were appended and not yet settled.
struct PendingProposals: Hashable, Sendable {
    struct Pending: Hashable, Sendable {
        let ticket: Ticket
        let indexes: ClosedRange<LogIndex>
        let term: Term
        let copies: Int
        let bytes: Int
    }

    /// Those that wait for the same number of copies, in the order of their indexes.
    struct Lane: Hashable, Sendable {
        let copies: Int
        var pending: Deque<Pending> = []
    }

    /// How many settlements may wait for other nodes without end: those of lost leaderships, and for copies. The oldest
    /// go unsettled: their clients have long been told, at their deadline, that the outcome is unknown.
    static let waitingMax = 65_536

    /// This leadership's, in the order of their indexes.
    private(set) var current: Deque<Pending> = []
    /// The memory that `current`'s entries take.
    private(set) var bytes = 0
    /// Those of earlier leaderships. Whoever leads now decides over them: they may be committed yet, even after they
    /// left this node's log.
    private(set) var orphaned: [Pending] = []
    /// Committed, but not yet on as many voters as their clients asked for. One lane for each number, ascending: only
    /// the first of each need be looked at.
    private(set) var awaitingCopies: [Lane] = []
    /// What is in `awaitingCopies`, and the memory that its entries take where their clients wait.
    private(set) var awaitingCount = 0
    private(set) var awaitingBytes = 0

    var isEmpty: Bool { current.isEmpty && orphaned.isEmpty && awaitingCount == 0 }
    var count: Int { current.count + orphaned.count + awaitingCount }

    mutating func append(_ pending: Pending) {
        current.append(pending)
        bytes += pending.bytes
    }

    /// The next of `current` that is committed and handed out.
    mutating func popCurrent(through index: LogIndex) -> Pending? {
        guard let first = current.first, first.indexes.upperBound <= index else { return nil }
        current.removeFirst()
        bytes -= first.bytes
        return first
    }

    /// Takes out the orphans whose places are decided.
    mutating func popOrphaned(through index: LogIndex) -> [Pending] {
        guard orphaned.contains(where: { $0.indexes.upperBound <= index }) else { return [] }
        let decided = orphaned.filter { $0.indexes.upperBound <= index }
        orphaned.removeAll { $0.indexes.upperBound <= index }
        return decided
    }

    /// Takes out the orphans whose places are cut off.
    mutating func popOrphaned(after index: LogIndex) -> [Pending] {
        defer { orphaned.removeAll { $0.indexes.lowerBound > index } }
        return orphaned.filter { $0.indexes.lowerBound > index }
    }

    mutating func awaitCopies(_ pending: Pending) {
        let place = awaitingCopies.firstIndex { $0.copies >= pending.copies } ?? awaitingCopies.endIndex
        if place == awaitingCopies.endIndex || awaitingCopies[place].copies != pending.copies {
            awaitingCopies.insert(Lane(copies: pending.copies), at: place)
        }
        awaitingCopies[place].pending.append(pending)
        awaitingCount += 1
        awaitingBytes += pending.bytes
        if awaitingCopies[place].pending.count > Self.waitingMax { removeFirst(of: place) }
    }

    /// Takes out those that have what they wait for.
    ///
    /// - Parameter held: everything up to `held[n]` is on more than `n` voters.
    mutating func popAwaitingCopies(held: [LogIndex]) -> [Pending] {
        var popped: [Pending] = []
        for place in awaitingCopies.indices {
            let copies = awaitingCopies[place].copies
            guard copies <= held.count else { break }
            while let first = awaitingCopies[place].pending.first, first.indexes.upperBound <= held[copies - 1] {
                removeFirst(of: place)
                popped.append(first)
            }
        }
        return popped
    }

    private mutating func removeFirst(of place: Int) {
        let first = awaitingCopies[place].pending.removeFirst()
        awaitingCount -= 1
        awaitingBytes -= first.bytes
    }

    mutating func loseLeadership() {
        orphaned.append(contentsOf: current)
        if orphaned.count > Self.waitingMax { orphaned.removeFirst(orphaned.count - Self.waitingMax) }
        current.removeAll()
        bytes = 0
    }

    /// Whether these became part of a snapshot, or others did, nobody here can tell: they go unsettled.
    mutating func forgetOrphans(through index: LogIndex) {
        orphaned.removeAll { $0.indexes.lowerBound <= index }
    }
}
