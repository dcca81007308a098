import Raft

/// Which entries a log holds, without their payloads.
struct ShadowLog: Equatable {
    /// The entry before the first one held.
    private(set) var baseEntry: EntryID = .zero
    private var terms: [Term] = []
    private var chains: [ChainValue] = []
    /// The memberships it speaks of, that of its base first.
    private(set) var memberships: [MembershipVersion] = [MembershipVersion(index: .zero, membership: .empty)]

    init() {}

    /// Reads what a log on disk holds.
    ///
    /// - Parameter memberships: that of the base, and those of the entries.
    init(base: EntryID, terms: [Term] = [], chains: [ChainValue] = [], memberships: [MembershipVersion]) {
        precondition(terms.count == chains.count, "\(terms.count) terms for \(chains.count) chain values")
        precondition(memberships.first?.index == base.index, "no membership at the base \(base)")
        baseEntry = base
        self.terms = terms
        self.chains = chains
        self.memberships = memberships
    }

    /// Who belongs to the cluster, as this log has it: the latest counts, committed or not (Raft §6).
    var membership: Membership { memberships[memberships.count - 1].membership }

    /// Who counted before the latest change.
    var formerMembership: Membership? {
        memberships.count > 1 ? memberships[memberships.count - 2].membership : nil
    }

    /// Who belonged to the cluster after this entry; nil where that was folded away.
    func membership(at index: LogIndex) -> Membership? { memberships.last { $0.index <= index }?.membership }

    var base: LogIndex { baseEntry.index }

    var lastEntry: EntryID { terms.last.map { EntryID(term: $0, index: last) } ?? baseEntry }

    var last: LogIndex { base.advanced(by: terms.count) }

    func entry(at index: LogIndex) -> (id: EntryID, chain: ChainValue)? {
        guard index > base, index <= last else { return nil }
        let place = base.distance(to: index) - 1
        return (EntryID(term: terms[place], index: index), chains[place])
    }

    /// Whether it holds this very entry, and so its whole history. What was folded away was committed.
    func holds(_ id: EntryID) -> Bool { id.index <= base || entry(at: id.index)?.id == id }

    /// Whether its entries, or its base, go as far as this.
    func reaches(_ index: LogIndex) -> Bool { index <= last }

    /// The last entry that this log, which begins with the first, shares with another.
    func commonEnd(with other: ShadowLog) -> LogIndex {
        var end = min(last, other.last)
        while end > other.base, let ours = entry(at: end), let theirs = other.entry(at: end), ours != theirs {
            end = end.previous
        }
        return end
    }

    mutating func append(_ entry: Entry) {
        append(entry.id, entry.chain, membership: entry.decodedMembership)
    }

    mutating func append(_ id: EntryID, _ chain: ChainValue, membership: Membership?) {
        precondition(id.index == last.next, "entry \(id) does not follow \(last)")
        terms.append(id.term)
        chains.append(chain)
        if let membership { memberships.append(MembershipVersion(index: id.index, membership: membership)) }
    }

    mutating func truncate(after index: LogIndex) {
        guard index < last else { return }
        let kept = max(0, base.distance(to: index))
        terms.removeLast(terms.count - kept)
        chains.removeLast(chains.count - kept)
        while memberships.count > 1, memberships[memberships.count - 1].index > index { memberships.removeLast() }
    }

    /// Entries up to this one are folded away.
    mutating func trim(through entry: EntryID) {
        guard entry.index > base else { return }
        let count = min(terms.count, base.distance(to: entry.index))
        terms.removeFirst(count)
        chains.removeFirst(count)
        baseEntry = entry
        while memberships.count > 1, memberships[1].index <= entry.index { memberships.removeFirst() }
        memberships[0].index = entry.index
    }

    /// Takes in what a write does to a log.
    mutating func apply(_ persist: Persist) {
        if let snapshot = persist.install {
            let version = MembershipVersion(index: snapshot.last.index, membership: snapshot.membership)
            self = ShadowLog(base: snapshot.last, memberships: [version])
        }
        if let index = persist.truncateAfter { truncate(after: index) }
        for entry in persist.entries { append(entry) }
    }
}

extension Entry {
    /// Nil for an entry of another kind.
    var decodedMembership: Membership? {
        guard kind == .membership else { return nil }
        guard let (membership, _) = try? MembershipCoding.decode(payload) else {
            preconditionFailure("entry \(id) holds no membership")
        }
        return membership
    }
}
