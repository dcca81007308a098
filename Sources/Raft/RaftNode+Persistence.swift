/// Where the current term and vote are.
enum HardStateDurability: Hashable, Sendable {
    /// Changed since the last write was handed out. Can transition to: `writing`.
    case unsubmitted
    /// In the write with this token, or in one before. Can transition to: `unsubmitted`, `durable`.
    case writing(PersistToken)
    /// On disk. Can transition to: `unsubmitted`.
    case durable
}

/// What goes to this node's disk, and what its arrival there allows.
extension RaftNode {
    /// B1: term and vote change together, in one record.
    mutating func setHardState(_ new: HardState) {
        precondition(
            new.term > hardState.term || (new.term == hardState.term && hardState.vote == nil),
            "\(hardState) cannot become \(new): a vote is given once a term"
        )
        hardState = new
        hardStateDurability = .unsubmitted
    }

    /// For answers that say nothing about the log: they need not wait for a slow disk that has our term already.
    mutating func replyOnceTermIsDurable(_ reply: Outbound) {
        switch hardStateDurability {
        case .durable: announcements.append(reply)
        case .unsubmitted, .writing: promises.append(reply)
        }
    }

    mutating func takePersist() -> Persist? {
        let hasHardState = hardStateDurability == .unsubmitted
        guard hasHardState || pendingSnapshot != nil || log.hasUnsubmitted else { return nil }
        lastToken = PersistToken(lastToken.rawValue + 1)
        var persist = Persist(token: lastToken)
        if hasHardState {
            persist.hardState = hardState
            hardStateDurability = .writing(lastToken)
        }
        swap(&persist.install, &pendingSnapshot)
        log.submit(into: &persist, now: now)
        return persist
    }

    mutating func persisted(_ token: PersistToken) {
        precondition(
            token <= lastToken,
            "write \(token.rawValue) was never asked for; the last is \(lastToken.rawValue)"
        )
        log.persisted(token)
        if case .writing(let writing) = hardStateDurability, writing <= token {
            hardStateDurability = .durable
            ownVotePersisted()
        }
        leadership?.copiesMayHaveGrown = true
        advanceLeaderCommit()
    }

    /// The entries of a range, where all of them are still in memory; else nil, and they are on disk.
    package func entries(in range: ClosedRange<LogIndex>) -> [Entry]? { log.entries(in: range) }
}
