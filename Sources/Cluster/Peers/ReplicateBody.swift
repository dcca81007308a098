package import FoundationEssentials
import Raft

/// The content of `POST /replicate`: entries, or a heartbeat.
package struct ReplicateBody: Codable, Sendable {
    package struct Append: Codable, Sendable {
        package var term: UInt64
        package var previousTerm: UInt64
        package var previousIndex: UInt64
        package var previousChain: UInt32?
        package var commit: UInt64
        /// `EntryCoding`, in base64.
        package var entries: Data
    }

    package struct Heartbeat: Codable, Sendable {
        package var term: UInt64
        package var commit: UInt64
        package var round: UInt64
        /// Of the sender's log, to be compared.
        package var mark: HistoryMarkBody?
        /// `open`, `majority` or `nobody`: what other voters have there.
        package var verdict: String?
    }

    package var append: Append?
    package var heartbeat: Heartbeat?
}

/// An entry, and the chain value of everything up to it.
package struct HistoryMarkBody: Codable, Sendable {
    package var term: UInt64
    package var index: UInt64
    package var chain: UInt32

    init(_ mark: HistoryMark) {
        term = mark.entry.term.rawValue
        index = mark.entry.index.rawValue
        chain = mark.chain.rawValue
    }

    var mark: HistoryMark {
        HistoryMark(entry: EntryID(term: Term(term), index: LogIndex(index)), chain: ChainValue(chain))
    }
}

/// The content of the answer to `POST /replicate`.
package struct ReplicateReplyBody: Codable, Sendable {
    package struct Append: Codable, Sendable {
        package var term: UInt64
        /// Everything up to here is on disk and equal; absent after a conflict.
        package var match: UInt64?
        package var rejected: UInt64?
        package var hintTerm: UInt64?
        package var hintIndex: UInt64?
    }

    package struct Heartbeat: Codable, Sendable {
        package var term: UInt64
        package var round: UInt64
        /// Up to here the history is that of the request's `mark`.
        package var equalThrough: UInt64?
        /// A mark of the primary's, whose entry has another chain value here: `own`.
        package var different: HistoryMarkBody?
        package var own: UInt32?
        /// Where the log ends, which has not come to `mark`.
        package var end: HistoryMarkBody?
    }

    package var append: Append?
    package var heartbeat: Heartbeat?
}

extension ReplicateBody {
    init(_ append: AppendEntries) {
        self.append = Append(
            term: append.term.rawValue,
            previousTerm: append.previous.term.rawValue,
            previousIndex: append.previous.index.rawValue,
            previousChain: append.previousChain?.rawValue,
            commit: append.commit.rawValue,
            entries: Data(EntryCoding.encode(append.entries))
        )
    }

    init(_ heartbeat: Raft.Heartbeat) {
        self.heartbeat = Heartbeat(
            term: heartbeat.term.rawValue,
            commit: heartbeat.commit.rawValue,
            round: heartbeat.round,
            mark: heartbeat.mark.map { HistoryMarkBody($0) },
            verdict: heartbeat.mark == nil ? nil : heartbeat.verdict.rawValue
        )
    }

    /// The request this is, or nil if it is none.
    var request: RPCRequest? {
        switch (append, heartbeat) {
        case (let append?, nil):
            guard let entries = EntryCoding.decode(Array(append.entries)) else { return nil }
            return .appendEntries(
                AppendEntries(
                    term: Term(append.term),
                    previous: EntryID(term: Term(append.previousTerm), index: LogIndex(append.previousIndex)),
                    previousChain: append.previousChain.map { ChainValue($0) },
                    entries: entries,
                    commit: LogIndex(append.commit)
                )
            )
        case (nil, let heartbeat?):
            guard let verdict = HistoryVerdict(rawValue: heartbeat.verdict ?? HistoryVerdict.open.rawValue)
            else { return nil }
            return .heartbeat(
                Raft.Heartbeat(
                    term: Term(heartbeat.term),
                    commit: LogIndex(heartbeat.commit),
                    round: heartbeat.round,
                    mark: heartbeat.mark?.mark,
                    verdict: verdict
                )
            )
        case (nil, nil), (.some, .some):
            return nil
        }
    }
}

extension ReplicateReplyBody {
    init(_ reply: AppendEntries.Reply) {
        switch reply.outcome {
        case .accepted(let match):
            append = Append(term: reply.term.rawValue, match: match.rawValue)
        case .conflict(let rejected, let hint):
            append = Append(
                term: reply.term.rawValue,
                rejected: rejected.rawValue,
                hintTerm: hint.term.rawValue,
                hintIndex: hint.index.rawValue
            )
        }
    }

    init(_ reply: Raft.Heartbeat.Reply) {
        heartbeat = Heartbeat(
            term: reply.term.rawValue,
            round: reply.round,
            equalThrough: reply.history.equalThrough?.rawValue,
            different: reply.history.different.map { HistoryMarkBody($0) },
            own: reply.history.own?.rawValue,
            end: reply.history.end.map { HistoryMarkBody($0) }
        )
    }

    /// The reply this is, or nil if it is none.
    var reply: RPCReply? {
        switch (append, heartbeat) {
        case (let append?, nil):
            if let match = append.match {
                return .appendEntries(
                    AppendEntries.Reply(term: Term(append.term), outcome: .accepted(match: LogIndex(match)))
                )
            }
            guard let rejected = append.rejected, let hintTerm = append.hintTerm, let hintIndex = append.hintIndex
            else { return nil }
            let hint = EntryID(term: Term(hintTerm), index: LogIndex(hintIndex))
            return .appendEntries(
                AppendEntries.Reply(
                    term: Term(append.term),
                    outcome: .conflict(rejected: LogIndex(rejected), hint: hint)
                )
            )
        case (nil, let heartbeat?):
            var history = Raft.Heartbeat.Comparison()
            history.equalThrough = heartbeat.equalThrough.map { LogIndex($0) }
            history.different = heartbeat.different?.mark
            history.own = heartbeat.own.map { ChainValue($0) }
            history.end = heartbeat.end?.mark
            return .heartbeat(
                Raft.Heartbeat.Reply(term: Term(heartbeat.term), round: heartbeat.round, history: history)
            )
        case (nil, nil), (.some, .some):
            return nil
        }
    }
}
