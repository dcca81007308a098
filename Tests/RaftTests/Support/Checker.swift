import Raft

/// Watches a whole cluster for what must never happen. It knows everything every node ever said or stored.
struct Checker {
    private(set) var violations: [String] = []
    private var leaders: [Term: NodeID] = [:]
    private var chains: [EntryID: ChainValue] = [:]
    /// The one log: every entry that any node was told is committed.
    private(set) var committed: [Entry] = []
    /// The highest index that a client was told is committed.
    private(set) var acknowledged: LogIndex = .zero
    private var outcomes: [Ticket: Settlement] = [:]
    private var readFloors: [Ticket: LogIndex] = [:]
    private var changes: Set<Ticket> = []
    private var lastMembership: Membership?

    mutating func violation(_ text: String) { violations.append(text) }

    /// §5.2, Election Safety: "at most one leader can be elected in a given term".
    mutating func sawLeader(_ id: NodeID, in term: Term) {
        if let known = leaders[term], known != id { violation("\(known) and \(id) both lead in term \(term)") }
        leaders[term] = id
    }

    /// §5.3, Log Matching: the same index and term is the same entry, after the same entries. The chain value names the
    /// whole history.
    mutating func stored(_ entries: [Entry]) {
        for entry in entries {
            if let known = chains[entry.id], known != entry.chain { violation("two histories end in \(entry.id)") }
            chains[entry.id] = entry.chain
        }
    }

    /// §5.4, State Machine Safety: no two nodes ever apply different entries at one index; and what is committed is on
    /// the disks of a quorum.
    mutating func committed(_ entries: [Entry], at id: NodeID, isOnQuorum: (EntryID) -> Bool) {
        for entry in entries {
            let place = Int(entry.index.rawValue) - 1
            if place < committed.count {
                // The chain value stands for the payload where a witness has none.
                if committed[place].withoutPayload != entry.withoutPayload {
                    violation("\(id) applies \(entry.id) where others applied \(committed[place].id)")
                }
                if !entry.payloadElsewhere { committed[place] = entry }
            } else if place == committed.count {
                checkStep(to: entry)
                committed.append(entry)
                if !isOnQuorum(entry.id) { violation("\(entry.id) is committed at \(id), and not on a quorum's disks") }
            } else {
                violation("\(id) applies \(entry.id) after \(committed.count)")
            }
        }
    }

    /// Dissertation §4.1: single changes, so that quorums overlap: no more than one voter comes or goes.
    private mutating func checkStep(to entry: Entry) {
        guard let next = Fixture.version(entry)?.membership else { return }
        defer { lastMembership = next }
        // An epoch begins with what is left.
        guard let last = lastMembership, last.epoch == next.epoch else { return }
        func names(_ membership: Membership) -> Set<MemberIdentity> {
            Set(membership.voters.map { MemberIdentity(id: $0.id, incarnation: $0.incarnation) })
        }
        if names(last).symmetricDifference(names(next)).count > 1 {
            violation("\(entry.id) changes more than one voter: \(last) to \(next)")
        }
    }

    /// §5.4, Leader Completeness: a new leader has everything that was committed.
    mutating func elected(_ id: NodeID, has: (EntryID) -> Bool) {
        if let last = committed.last, !has(last.id) { violation("new leader \(id) lacks committed entry \(last.id)") }
    }

    mutating func asked(_ ticket: Ticket) { readFloors[ticket] = acknowledged }

    mutating func askedForChange(_ ticket: Ticket) { changes.insert(ticket) }

    mutating func settled(_ settlement: Settlement, at id: NodeID) {
        switch settlement {
        case .committed(let ticket, let indexes, _):
            remember(settlement, for: ticket)
            acknowledged = max(acknowledged, indexes.upperBound)
            let isChange = changes.contains(ticket)
            for index in indexes where isChange != (committedEntry(index)?.kind == .membership) {
                violation("\(id) says that \(ticket.rawValue) is at \(index), which is no such entry")
            }
            for index in indexes where !isChange && Payload.ticket(of: committedEntry(index)) != ticket {
                violation("\(id) says that proposal \(ticket.rawValue) is at \(index), which holds something else")
            }
        case .rejected(let ticket, _), .overwritten(let ticket), .transferred(let ticket, _):
            remember(settlement, for: ticket)
        case .readable(let ticket, let index):
            remember(settlement, for: ticket)
            if let floor = readFloors[ticket], index < floor {
                violation("\(id) answers read \(ticket.rawValue) at \(index), but \(floor) was acknowledged before it")
            }
        }
    }

    private mutating func remember(_ settlement: Settlement, for ticket: Ticket) {
        if let known = outcomes[ticket] {
            violation("ticket \(ticket.rawValue) is settled twice: \(known), then \(settlement)")
        }
        outcomes[ticket] = settlement
    }

    private func committedEntry(_ index: LogIndex) -> Entry? {
        let place = Int(index.rawValue) - 1
        return committed.indices.contains(place) ? committed[place] : nil
    }

    var leaderCount: Int { leaders.count }
    var settledCount: Int { outcomes.count }

    func outcome(of ticket: Ticket) -> Settlement? { outcomes[ticket] }

    /// At the end: what was acknowledged is there once, what was refused is not there.
    mutating func conclude() {
        var places: [Ticket: [LogIndex]] = [:]
        for entry in committed {
            if let ticket = Payload.ticket(of: entry) { places[ticket, default: []].append(entry.index) }
        }
        for (ticket, outcome) in outcomes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            switch outcome {
            case .committed where changes.contains(ticket): break
            case .committed(_, let indexes, _):
                if places[ticket] != Array(indexes) { violation("\(outcome) but found at \(places[ticket] ?? [])") }
            case .rejected, .overwritten:
                if let found = places[ticket] { violation("\(outcome) but found at \(found)") }
            case .readable, .transferred: break
            }
        }
    }
}

/// What the tests propose: the ticket and the place in its batch.
enum Payload {
    static func make(_ ticket: Ticket, place: Int, bytes: Int = 0) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: ticket.rawValue >> (8 * UInt64($0))) } + [UInt8(place)]
            + [UInt8](repeating: 7, count: bytes)
    }

    static func ticket(of entry: Entry?) -> Ticket? {
        guard let entry, entry.kind == .command, entry.payload.count >= 9 else { return nil }
        return Ticket((0..<8).reduce(0) { $0 | UInt64(entry.payload[$1]) << (8 * UInt64($1)) })
    }
}
