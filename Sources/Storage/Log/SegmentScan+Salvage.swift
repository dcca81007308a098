import Raft

/// Going on behind damage. Every record's header and every mark is sure of itself, by a checksum that knows its place:
/// one that can be read is where it was written, and says what the log was there.
extension SegmentScan {
    /// Where the bytes at which scanning stopped are known to be damage: goes on at the first record or mark that can
    /// be read, from there on. False where there is none.
    ///
    /// - Parameters:
    ///   - fallback: the state of the log where the segment begins, if neither it nor what came before says so.
    ///   - identity: id and chain value of an entry that the log held before this batch.
    mutating func salvage(
        fallback: LogTip,
        identity: (LogIndex) -> (EntryID, ChainValue)?
    ) -> Bool {
        damagedAt = min(damagedAt ?? position, position)
        if working == nil {
            start = ownStart ?? fallback
            working = start
        }
        if position == SegmentHeader.byteCount {
            isAdrift = true
            position += BatchEncoder.baseRecordSize
        }
        let stop = position
        while position + RecordHeader.byteCount <= bytes.count {
            if let mark = CommitMark.decode(bytes, at: position, key: key), mark.sequence > committed?.batch ?? 0 {
                isAdrift = true
                jump(to: mark.last, mark.chain, identity)
                return true
            }
            if let (header, payload) = record(at: position) {
                isAdrift = isAdrift || position > stop
                if resume(at: header, payload, identity) { return true }
            }
            position += 8
        }
        return false
    }

    /// What changed since the last mark, for a segment that has no further mark that can be read.
    mutating func takeRest() -> [LogChange] {
        defer { changes = [] }
        return changes
    }

    private mutating func resume(
        at header: RecordHeader,
        _ payload: ArraySlice<UInt8>,
        _ identity: (LogIndex) -> (EntryID, ChainValue)?
    ) -> Bool {
        switch header.kind {
        case .base: return false
        case .entry(let kind): resume(at: header, kind, payload, identity)
        case .truncate, .skip: jump(to: header.id, header.chain, identity)
        case .reset: changes.append(.reset(header.id, header.chain))
        }
        working?.id = header.id
        working?.chain = header.chain
        position += header.size
        return true
    }

    private mutating func resume(
        at header: RecordHeader,
        _ kind: Entry.Kind,
        _ payload: ArraySlice<UInt8>,
        _ identity: (LogIndex) -> (EntryID, ChainValue)?
    ) {
        guard let tip = working else { preconditionFailure("an entry before any state of the log") }
        let before = header.id.index.previous
        var isWhole = header.id.index == tip.id.index.next && header.vouches(for: payload, of: kind, after: tip.chain)
        if before < tip.id.index, let (id, chain) = held(before, identity),
            header.vouches(for: payload, of: kind, after: chain)
        {
            changes.append(.truncated(id, chain))
            isWhole = true
        } else if before != tip.id.index {
            // Its own chain value comes right behind: nobody asks for this one.
            changes.append(.skipped(EntryID(term: tip.id.term, index: before), tip.chain))
        }
        changes.append(.appended(header.id, kind, header.chain, offset: UInt32(position)))
        if !isWhole { changes.append(.spoiled(header.id.index)) }
    }

    /// The log is at this entry now.
    private mutating func jump(
        to id: EntryID,
        _ chain: ChainValue,
        _ identity: (LogIndex) -> (EntryID, ChainValue)?
    ) {
        guard let tip = working, (tip.id, tip.chain) != (id, chain) else { return }
        if id.index < tip.id.index, let (heldID, heldChain) = held(id.index, identity),
            (heldID, heldChain) == (id, chain)
        {
            changes.append(.truncated(id, chain))
        } else {
            changes.append(.skipped(id, chain))
        }
        working?.id = id
        working?.chain = chain
    }

    /// What the log holds at `index`, below its end.
    private func held(
        _ index: LogIndex,
        _ identity: (LogIndex) -> (EntryID, ChainValue)?
    ) -> (EntryID, ChainValue)? {
        for change in changes.reversed() {
            switch change {
            case .appended(let id, _, let chain, _):
                if id.index == index { return (id, chain) }
            case .truncated(let id, let chain):
                if id.index == index { return (id, chain) }
                if id.index < index { return nil }
            case .reset(let id, let chain): return id.index == index ? (id, chain) : nil
            case .skipped: return nil
            case .spoiled: break
            }
        }
        return identity(index)
    }
}
