/// What happened in one run, or in many.
package struct Statistics: Hashable, Sendable {
    package var runs = 0
    package var simulatedNanoseconds: UInt64 = 0
    /// Faults that struck, by the place of their kind in `FaultKind.allCases`.
    private var faults = [Int](repeating: 0, count: FaultKind.allCases.count)
    package var messagesLost = 0
    package var messagesDuplicated = 0
    /// Came once more, long after.
    package var messagesEchoed = 0
    package var elections = 0
    /// Of them, those that nothing called for: see `World.isNeedless`.
    package var needlessElections = 0
    /// How often damage to a log was found, and how often all of it was made good.
    package var damaged = 0
    package var repaired = 0
    package var membershipChanges = 0
    package var transfers = 0
    package var promotions = 0
    /// Of them, those where an operator accepted a loss.
    package var promotionsWithLoss = 0
    /// How often two were promoted apart, and found out.
    package var promotedApart = 0
    package var acknowledged = 0
    package var refused = 0
    package var unknown = 0
    package var reads = 0
    package var steps = 0

    package init() {}

    package mutating func count(_ kind: FaultKind) {
        guard let place = FaultKind.allCases.firstIndex(of: kind) else { return }
        faults[place] += 1
    }

    /// How many faults of each kind there were.
    package var faultsByKind: [(kind: FaultKind, count: Int)] {
        zip(FaultKind.allCases, faults).map { ($0, $1) }
    }

    package mutating func add(_ other: Statistics) {
        runs += other.runs
        simulatedNanoseconds += other.simulatedNanoseconds
        for place in faults.indices { faults[place] += other.faults[place] }
        messagesLost += other.messagesLost
        messagesDuplicated += other.messagesDuplicated
        messagesEchoed += other.messagesEchoed
        elections += other.elections
        needlessElections += other.needlessElections
        damaged += other.damaged
        repaired += other.repaired
        membershipChanges += other.membershipChanges
        transfers += other.transfers
        promotions += other.promotions
        promotionsWithLoss += other.promotionsWithLoss
        promotedApart += other.promotedApart
        acknowledged += other.acknowledged
        refused += other.refused
        unknown += other.unknown
        reads += other.reads
        steps += other.steps
    }
}
