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

    /// How many settlements may wait for other nodes without end: those of lost leaderships, and for copies.
    static let waitingMax = 65_536

    /// This leadership's, in the order of their indexes.
    private(set) var current: Deque<Pending> = []
    /// The memory that `current`'s entries take.
    private(set) var bytes = 0
    /// Those of earlier leaderships. Whoever leads now decides over them: they may be committed yet, even after they
    /// left this node's log.
    private(set) var orphaned: [Pending] = []
    /// Committed, but not yet on as many voters as their clients asked for.
    private(set) var awaitingCopies: [Pending] = []

    var isEmpty: Bool { current.isEmpty && orphaned.isEmpty && awaitingCopies.isEmpty }

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

    mutating func awaitCopies(_ pending: Pending) {
        awaitingCopies.append(pending)
        Self.bound(&awaitingCopies)
    }

    /// All that wait for copies, to be looked at again.
    mutating func takeAwaitingCopies() -> [Pending] {
        defer { awaitingCopies = [] }
        return awaitingCopies
    }

    mutating func loseLeadership() {
        orphaned.append(contentsOf: current)
        Self.bound(&orphaned)
        current.removeAll()
        bytes = 0
    }

    /// The oldest go unsettled: their clients have long been told, at their deadline, that the outcome is unknown.
    private static func bound(_ list: inout [Pending]) {
        if list.count > waitingMax { list.removeFirst(list.count - waitingMax) }
    }
}
