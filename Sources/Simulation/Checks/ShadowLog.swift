import Raft

/// Which entries a log holds, without their payloads.
struct ShadowLog: Equatable {
    /// The entry before the first one held.
    private(set) var baseEntry: EntryID = .zero
    private var terms: [Term] = []
    private var chains: [ChainValue] = []

    init() {}

    /// Reads what a log on disk holds.
    init(base: EntryID, terms: [Term] = [], chains: [ChainValue] = []) {
        precondition(terms.count == chains.count, "\(terms.count) terms for \(chains.count) chain values")
        baseEntry = base
        self.terms = terms
        self.chains = chains
    }

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

    mutating func append(_ entry: Entry) {
        precondition(entry.index == last.next, "entry \(entry.id) does not follow \(last)")
        terms.append(entry.term)
        chains.append(entry.chain)
    }

    mutating func truncate(after index: LogIndex) {
        guard index < last else { return }
        let kept = max(0, base.distance(to: index))
        terms.removeLast(terms.count - kept)
        chains.removeLast(chains.count - kept)
    }

    /// Entries up to this one are folded away.
    mutating func trim(through entry: EntryID) {
        guard entry.index > base else { return }
        let count = min(terms.count, base.distance(to: entry.index))
        terms.removeFirst(count)
        chains.removeFirst(count)
        baseEntry = entry
    }

    /// Takes in what a write does to a log.
    mutating func apply(_ persist: Persist) {
        if let snapshot = persist.install { self = ShadowLog(base: snapshot.last) }
        if let index = persist.truncateAfter { truncate(after: index) }
        for entry in persist.entries { append(entry) }
    }
}
