package import FoundationEssentials
import Raft

/// The content of `POST /replicate`: entries, or a heartbeat.
package struct ReplicateBody: Codable, Sendable {
    package struct Append: Codable, Sendable {
        package var term: UInt64
        package var previousTerm: UInt64
        package var previousIndex: UInt64
        package var commit: UInt64
        /// `EntryCoding`, in base64.
        package var entries: Data
    }

    package struct Heartbeat: Codable, Sendable {
        package var term: UInt64
        package var commit: UInt64
        package var round: UInt64
    }

    package var append: Append?
    package var heartbeat: Heartbeat?
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
            commit: append.commit.rawValue,
            entries: Data(EntryCoding.encode(append.entries))
        )
    }

    init(_ heartbeat: Raft.Heartbeat) {
        self.heartbeat = Heartbeat(
            term: heartbeat.term.rawValue,
            commit: heartbeat.commit.rawValue,
            round: heartbeat.round
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
                    entries: entries,
                    commit: LogIndex(append.commit)
                )
            )
        case (nil, let heartbeat?):
            return .heartbeat(
                Raft.Heartbeat(
                    term: Term(heartbeat.term),
                    commit: LogIndex(heartbeat.commit),
                    round: heartbeat.round
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
        heartbeat = Heartbeat(term: reply.term.rawValue, round: reply.round)
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
            return .heartbeat(Raft.Heartbeat.Reply(term: Term(heartbeat.term), round: heartbeat.round))
        case (nil, nil), (.some, .some):
            return nil
        }
    }
}
