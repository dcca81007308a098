package import Raft

/// What one record does to the log.
enum LogChange: Hashable, Sendable {
    /// An entry was added; its record stands at `offset` of the segment.
    case appended(EntryID, Entry.Kind, ChainValue, offset: UInt32)
    /// The log now ends at this entry.
    case truncated(EntryID, ChainValue)
    /// The log is empty and goes on after this entry.
    case reset(EntryID, ChainValue)
    /// The log is at this entry. What records led to it can't be read: entries up to there may be missing, or others
    /// than the log had before.
    case skipped(EntryID, ChainValue)
    /// The content of this entry, added before, can't be read.
    case spoiled(LogIndex)
}

/// One part of a batch handed to `SegmentedLog.append`.
package enum LogStep: Sendable {
    /// Adds entries, contiguous, directly after what the log holds then.
    case append([Entry])
    /// Removes every entry above this index, which the log holds or starts after.
    case truncate(after: LogIndex)
    /// Forgets every entry and goes on after this one: a snapshot has replaced what was here.
    case reset(EntryID, ChainValue)
    /// Gives the batch at least this number.
    case number(UInt64)
}
