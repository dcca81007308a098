import Raft

/// What an operator, or a node that joins, asks of the cluster until it is so, or is refused for good.
final class Errand {
    let number: Int
    let goal: MemberGoal
    /// The machine that joins: it asks itself, while it runs.
    let joiner: Int?
    var random: SplitMix64
    /// The machine believed to be the primary's.
    var target: Int
    var attempts = 0
    var isOver = false

    static let attemptsMax = 100

    init(number: Int, goal: MemberGoal, joiner: Int?, target: Int, random: SplitMix64) {
        self.number = number
        self.goal = goal
        self.joiner = joiner
        self.target = target
        self.random = random
    }
}

/// One request for a change to one machine.
final class AdministrationCall {
    let errand: Int
    let machine: Int
    let goal: MemberGoal
    /// Whether it may add a member.
    let isNew: Bool
    /// Whether the change asked for is all that is left to do.
    var isLast = false
    /// What the leader appended for it.
    var entry: EntryID?
    /// It was answered, or nobody waits any more.
    var isOver = false

    init(errand: Int, machine: Int, goal: MemberGoal, isNew: Bool) {
        self.errand = errand
        self.machine = machine
        self.goal = goal
        self.isNew = isNew
    }
}

enum AdministrationOutcome {
    /// The change is committed; `isLast`: nothing else is left to do.
    case changed(isLast: Bool)
    /// It is so already.
    case done
    /// Not so; `isFinal`: trying again is in vain, unless an operator does something.
    case refused(isFinal: Bool)
    case notAccepted(primary: Int?)
}
