import DequeModule

/// A node's log as consensus needs it: which term stands at every index, the entries not yet everywhere, and how much
/// of all that is on this node's disk.
///
/// ```
///  base │ on disk only                │ in memory                               │
///       │ terms known, payloads not   │ firstInMemory                 lastIndex │
///       └────────────────────────── durableIndex ≤ submittedIndex ≤ lastIndex ──┘
/// ```
/// Invariants: base.index ≤ durableIndex ≤ submittedIndex ≤ lastIndex; every entry above `durableIndex` is in memory;
/// the log, what is submitted and what is in memory begin and end between batches, never inside one.
package struct RaftLog: Sendable {
    /// A write that was handed out and not yet reported durable.
    private struct Write: Sendable {
        let token: PersistToken
        /// Durable up to here when done. Lowered by truncation: what a write put on disk and a later one removed is
        /// nobody's (etcd-io/raft: the append ABA race).
        var through: LogIndex
        let submitted: Instant
    }

    /// The entry directly before the first one, and its chain value.
    private(set) var base: EntryID
    private var baseChain: ChainValue
    /// Never empty: the first run is the base's own, and holds no entry of the log unless the term goes on.
    private var runs: [TermRun]
    private var memory: Deque<Entry> = []
    /// The index of `memory`'s first entry, or of the next entry to come.
    private(set) var firstInMemory: LogIndex
    /// Chain values of the entries directly before `firstInMemory`; never empty, the last is that of the one before it.
    private var chainsBeforeMemory: [ChainValue]
    private(set) var lastIndex: LogIndex
    private(set) var durableIndex: LogIndex
    /// Everything up to here was handed out to be written.
    private(set) var submittedIndex: LogIndex
    /// The cut that the next write must begin with.
    private var pendingCut: LogIndex?
    private var writes: Deque<Write> = []
    /// The memory taken by entries up to `releasedIndex`, which may leave it.
    private var releasedBytes = 0
    private var releasedIndex: LogIndex

    init(_ restored: RestoredState) {
        base = restored.base
        baseChain = restored.baseChain
        runs = [TermRun(firstIndex: restored.base.index, term: restored.base.term)]
        for run in restored.termRuns where run.term != runs[runs.count - 1].term { runs.append(run) }
        firstInMemory = restored.lastIndex.next
        chainsBeforeMemory = restored.chains
        lastIndex = restored.lastIndex
        durableIndex = restored.lastIndex
        submittedIndex = restored.lastIndex
        releasedIndex = restored.lastIndex
    }

    // MARK: Looking things up

    var lastEntry: EntryID { EntryID(term: runs[runs.count - 1].term, index: lastIndex) }

    /// The chain value of the whole log.
    var lastChain: ChainValue { memory.last?.chain ?? chainsBeforeMemory[chainsBeforeMemory.count - 1] }

    /// The term at `index`; nil before the base and after the end.
    func term(at index: LogIndex) -> Term? {
        guard index >= base.index, index <= lastIndex else { return nil }
        return runs[run(holding: index)].term
    }

    /// Whether this very entry is in the log, or is its base.
    func contains(_ entry: EntryID) -> Bool { term(at: entry.index) == entry.term }

    /// The chain value at `index`, where it is still known: at the base, in memory, and after a start from what was
    /// applied up.
    func chain(at index: LogIndex) -> ChainValue? {
        guard index <= lastIndex else { return nil }
        if index >= firstInMemory { return memory[firstInMemory.distance(to: index)].chain }
        let place = chainsBeforeMemory.count + firstInMemory.distance(to: index)
        if place >= 0 { return chainsBeforeMemory[place] }
        return index == base.index ? baseChain : nil
    }

    /// The last entry at or below `index` whose term is at most `term`: where two logs can first agree, seen from one
    /// side (Raft §5.3, end). The base where there is none.
    func lastEntry(atOrBelow index: LogIndex, termAtMost term: Term) -> EntryID {
        var index = min(index, lastIndex)
        for run in runs.reversed() where run.firstIndex <= index {
            if run.term <= term { return EntryID(term: run.term, index: index) }
            index = run.firstIndex > base.index ? run.firstIndex.previous : base.index
        }
        return base
    }

    /// The entries of a range, or nil where some are no longer in memory.
    func entries(in range: ClosedRange<LogIndex>) -> [Entry]? {
        guard range.lowerBound >= firstInMemory, range.upperBound <= lastIndex else { return nil }
        let start = firstInMemory.distance(to: range.lowerBound)
        return Array(memory[start...(start + range.lowerBound.distance(to: range.upperBound))])
    }

    /// Whole batches from `index` up, which is in memory and starts one: as many as fit, at least one.
    ///
    /// - Parameter limit: the last entry to give; the end of a batch.
    func batches(from index: LogIndex, through limit: LogIndex, entriesMax: Int, bytesMax: Int) -> [Entry] {
        precondition(index >= firstInMemory && index <= limit, "entries \(index) to \(limit) are not in memory")
        precondition(limit <= lastIndex, "the log ends at \(lastIndex), before \(limit)")
        let start = firstInMemory.distance(to: index)
        var end = start
        var bytes = 0
        for position in start...firstInMemory.distance(to: limit) {
            bytes += memory[position].payload.count
            if end > start && (position - start >= entriesMax || bytes > bytesMax) { break }
            if !memory[position].continues { end = position + 1 }
        }
        return Array(memory[start..<end])
    }

    private func run(holding index: LogIndex) -> Int {
        var low = 0
        var high = runs.count - 1
        if runs[high].firstIndex <= index { return high }
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle].firstIndex <= index { low = middle } else { high = middle }
        }
        return low
    }

    // MARK: Changing it

    mutating func append(_ entry: Entry) {
        let last = lastEntry
        precondition(
            entry.index == last.index.next && entry.term >= last.term,
            "entry \(entry.id) cannot stand after \(last)"
        )
        if entry.term > last.term { runs.append(TermRun(firstIndex: entry.index, term: entry.term)) }
        memory.append(entry)
        lastIndex = entry.index
    }

    /// Removes every entry above `index`.
    mutating func truncate(after index: LogIndex) {
        precondition(index >= base.index, "the log cannot be cut at \(index), before its base \(base)")
        guard index < lastIndex else { return }
        while runs.count > 1, runs[runs.count - 1].firstIndex > index { runs.removeLast() }
        if index >= firstInMemory.previous {
            memory.removeLast(memory.count - firstInMemory.distance(to: index) - 1)
        } else {
            let removed = index.next.distance(to: firstInMemory)
            precondition(removed < chainsBeforeMemory.count, "entry \(index.next) was applied and cannot be cut off")
            memory.removeAll()
            chainsBeforeMemory.removeLast(removed)
            firstInMemory = index.next
        }
        releasedIndex = min(releasedIndex, index)
        lastIndex = index
        durableIndex = min(durableIndex, index)
        if index < submittedIndex {
            pendingCut = index
            submittedIndex = index
        }
        for place in writes.indices where writes[place].through > index { writes[place].through = index }
    }

    /// Lets go of every entry up to `last`, which is applied, durable and ends a batch.
    mutating func trim(through last: EntryID, chain: ChainValue) {
        guard last.index > base.index else { return }
        precondition(contains(last) && last.index <= durableIndex, "the log cannot begin after \(last)")
        base = last
        baseChain = chain
        while runs.count > 1, runs[1].firstIndex <= base.index { runs.removeFirst() }
        runs[0] = TermRun(firstIndex: base.index, term: base.term)
        while let oldest = memory.first, oldest.index <= base.index {
            memory.removeFirst()
            if oldest.index <= releasedIndex { releasedBytes -= oldest.footprint }
            chainsBeforeMemory = [oldest.chain]
            firstInMemory = oldest.index.next
        }
        releasedIndex = max(releasedIndex, base.index)
    }

    /// Forgets every entry, and goes on after `last`: a snapshot has all up to there.
    mutating func reset(to last: EntryID, chain: ChainValue) {
        base = last
        baseChain = chain
        runs = [TermRun(firstIndex: last.index, term: last.term)]
        memory.removeAll()
        releasedBytes = 0
        chainsBeforeMemory = [chain]
        firstInMemory = last.index.next
        lastIndex = last.index
        // Writes reach the disk in order: what is behind the snapshot is durable only after it.
        durableIndex = last.index
        submittedIndex = last.index
        releasedIndex = last.index
        pendingCut = nil
        for place in writes.indices { writes[place].through = last.index }
    }

    // MARK: Getting it onto the disk

    var hasUnsubmitted: Bool { pendingCut != nil || submittedIndex < lastIndex }

    /// When the oldest unfinished write was handed out.
    var oldestWrite: Instant? { writes.first?.submitted }

    /// Moves what is not yet handed out into `persist`, and remembers that its token stands for it.
    mutating func submit(into persist: inout Persist, now: Instant) {
        persist.truncateAfter = pendingCut
        if submittedIndex < lastIndex {
            persist.entries = Array(memory[firstInMemory.distance(to: submittedIndex.next)...])
        }
        pendingCut = nil
        submittedIndex = lastIndex
        writes.append(Write(token: persist.token, through: lastIndex, submitted: now))
    }

    /// Takes note that every write up to `token` is on disk.
    mutating func persisted(_ token: PersistToken) {
        while let write = writes.first, write.token <= token {
            durableIndex = max(durableIndex, write.through)
            writes.removeFirst()
        }
    }

    // MARK: Memory

    /// Lets entries up to `index` leave memory: the oldest go while more than `bytesMax` of them are kept.
    mutating func release(through index: LogIndex, keeping bytesMax: Int) {
        precondition(index <= durableIndex, "entry \(index) is not on disk")
        while releasedIndex < index {
            releasedIndex = releasedIndex.next
            guard releasedIndex >= firstInMemory else { continue }
            releasedBytes += memory[firstInMemory.distance(to: releasedIndex)].footprint
        }
        while releasedBytes > bytesMax, firstInMemory <= releasedIndex { forgetOldestBatch() }
    }

    private mutating func forgetOldestBatch() {
        var batchGoesOn = true
        while batchGoesOn, let oldest = memory.popFirst() {
            batchGoesOn = oldest.continues
            releasedBytes -= oldest.footprint
            chainsBeforeMemory = [oldest.chain]
            firstInMemory = oldest.index.next
        }
    }
}

extension Entry {
    /// What an entry takes in memory beside its payload, about: so that empty payloads count too.
    static let overhead = 64

    var footprint: Int { payload.count + Self.overhead }
}
