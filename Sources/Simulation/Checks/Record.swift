import Raft

/// What the oracle knows of one machine.
final class Record {
    /// On its disk: everything that was reported durable.
    var stored = ShadowLog()
    var storedHardState = HardState.initial
    /// The same with what the process has handed to its writer.
    var written = ShadowLog()
    var lastToken = PersistToken(0)
    /// Handed out and not reported durable.
    var unsynced: [Persist] = []

    // Of the process that runs.
    var role = RaftElection.Role.follower
    var term = Term.zero
    /// As the node has it; nil before its first step.
    var membership: Membership?
    var commit = LogIndex.zero
    var handedOut = LogIndex.zero

    /// The highest term it promised anything in.
    var promisedTerm = Term.zero
    /// What it had on disks that were lost.
    var former: [ShadowLog] = []
    init(former: [ShadowLog] = []) { self.former = former }

    var isForgotten: Bool { !former.isEmpty }

    /// Whether it has, or had, this entry on its disk.
    func holds(_ id: EntryID) -> Bool { stored.holds(id) || former.contains { $0.holds(id) } }

    func reaches(_ index: LogIndex) -> Bool { stored.reaches(index) || former.contains { $0.reaches(index) } }
}
