import Raft

/// What one machine keeps over a crash: its vote record and its log.
struct Disk {
    private(set) var hardState: HardState
    private(set) var log: [Entry]

    init(hardState: HardState, log: [Entry]) {
        self.hardState = hardState
        self.log = log
    }

    var lastIndex: LogIndex { LogIndex(UInt64(log.count)) }

    func entry(_ index: LogIndex) -> Entry? {
        index > .zero && index <= lastIndex ? log[Int(index.rawValue) - 1] : nil
    }

    func holds(_ id: EntryID) -> Bool { entry(id.index)?.id == id }

    func entries(_ range: ClosedRange<LogIndex>) -> [Entry] { range.compactMap { entry($0) } }

    mutating func write(_ persist: Persist) {
        write(persist, parts: 2, entries: persist.entries.count)
    }

    /// Only the first `parts` parts and `entries` entries of a write, as a crash may leave it: whole batches, because a
    /// half-written one is removed at the next start.
    mutating func write(_ persist: Persist, parts: Int, entries count: Int) {
        if parts > 0, let hardState = persist.hardState { self.hardState = hardState }
        guard parts > 1 else { return }
        if let kept = persist.truncateAfter { log.removeLast(log.count - Int(kept.rawValue)) }
        var end = min(count, persist.entries.count)
        while end > 0, persist.entries[end - 1].continues { end -= 1 }
        for entry in persist.entries[..<end] {
            precondition(entry.index == lastIndex.next, "write \(persist.token) leaves a hole before \(entry.id)")
            precondition(entry.follows(log.last?.chain ?? .empty), "\(entry.id) does not follow the log on disk")
            log.append(entry)
        }
    }
}
