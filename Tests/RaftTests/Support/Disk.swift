import Raft

/// What one machine keeps over a crash: its vote record, its log, and the state before that.
struct Disk {
    private(set) var hardState: HardState
    /// The entry before the log's first one.
    private(set) var base = EntryID.zero
    private(set) var baseChain = ChainValue.empty
    /// Who belonged to the cluster then: nobody, before a log's first entry.
    private(set) var baseMembership: Membership
    private(set) var log: [Entry]

    init(hardState: HardState, log: [Entry], membership: Membership = .empty) {
        self.hardState = hardState
        baseMembership = membership
        self.log = log
    }

    static let empty = Disk(hardState: .initial, log: [])

    var lastIndex: LogIndex { base.index.advanced(by: log.count) }

    func entry(_ index: LogIndex) -> Entry? {
        index > base.index && index <= lastIndex ? log[base.index.distance(to: index) - 1] : nil
    }

    /// Also when it is part of the state before the log.
    func holds(_ id: EntryID) -> Bool { id.index <= base.index ? id.term <= base.term : entry(id.index)?.id == id }

    func entries(_ range: ClosedRange<LogIndex>) -> [Entry] { range.compactMap { entry($0) } }

    func chain(at index: LogIndex) -> ChainValue? { index == base.index ? baseChain : entry(index)?.chain }

    mutating func write(_ persist: Persist) {
        write(persist, parts: 2, entries: persist.entries.count)
    }

    /// Only the first `parts` parts and `entries` entries of a write, as a crash may leave it: whole batches, because a
    /// half-written one is removed at the next start.
    mutating func write(_ persist: Persist, parts: Int, entries count: Int) {
        if parts > 0, let hardState = persist.hardState { self.hardState = hardState }
        guard parts > 1 else { return }
        if let snapshot = persist.install { install(snapshot) }
        if let kept = persist.truncateAfter { log.removeLast(kept.distance(to: lastIndex)) }
        var end = min(count, persist.entries.count)
        while end > 0, persist.entries[end - 1].continues { end -= 1 }
        for entry in persist.entries[..<end] {
            precondition(entry.index == lastIndex.next, "write \(persist.token) leaves a hole before \(entry.id)")
            precondition(entry.follows(log.last?.chain ?? baseChain), "\(entry.id) does not follow the log on disk")
            log.append(entry)
        }
    }

    /// Folds everything up to `last` away.
    mutating func trim(through last: Entry) {
        let folded = entries(base.index.next...last.index).compactMap { Fixture.version($0) }
        baseMembership = folded.last?.membership ?? baseMembership
        log.removeFirst(base.index.distance(to: last.index))
        base = last.id
        baseChain = last.chain
    }

    /// Makes other entries of those from `index` up, with the same ids. Of a witness's, which have no payload, only the
    /// chain values change.
    mutating func rewrite(from index: LogIndex) {
        for place in log.indices where log[place].index >= index {
            let entry = log[place]
            guard !entry.payloadElsewhere else {
                log[place].chain = ChainValue(entry.chain.rawValue ^ 1)
                continue
            }
            log[place] = Entry(
                id: entry.id,
                kind: entry.kind,
                continues: entry.continues,
                payload: entry.index == index ? entry.payload + [0] : entry.payload,
                after: place > 0 ? log[place - 1].chain : baseChain
            )
        }
    }

    private mutating func install(_ snapshot: Snapshot) {
        base = snapshot.last
        baseChain = snapshot.chain
        baseMembership = snapshot.membership
        log = []
    }

    /// What a node finds here. Everything up to `applied` was applied before.
    func restored(applied: LogIndex) -> RestoredState {
        var runs: [TermRun] = []
        for entry in log where entry.term != runs.last?.term {
            runs.append(TermRun(firstIndex: entry.index, term: entry.term))
        }
        let applied = max(applied, base.index)
        return RestoredState(
            hardState: hardState,
            cluster: Fixture.cluster,
            membership: baseMembership,
            laterMemberships: log.compactMap { Fixture.version($0) },
            base: base,
            baseChain: baseChain,
            termRuns: runs,
            lastIndex: lastIndex,
            applied: applied,
            chains: (applied...lastIndex).compactMap { chain(at: $0) }
        )
    }
}
