import Raft

/// The content of `POST /vote`.
package struct VoteBody: Codable, Sendable {
    package var term: UInt64
    package var preVote: Bool
    package var lastTerm: UInt64
    package var lastIndex: UInt64
    package var transfer: Bool

    init(_ request: RequestVote) {
        term = request.term.rawValue
        preVote = request.isPreVote
        lastTerm = request.lastEntry.term.rawValue
        lastIndex = request.lastEntry.index.rawValue
        transfer = request.isTransfer
    }

    var request: RPCRequest {
        .requestVote(
            RequestVote(
                term: Term(term),
                isPreVote: preVote,
                lastEntry: EntryID(term: Term(lastTerm), index: LogIndex(lastIndex)),
                isTransfer: transfer
            )
        )
    }
}

/// The content of the answer to `POST /vote`.
package struct VoteReplyBody: Codable, Sendable {
    package var term: UInt64
    package var preVote: Bool
    package var granted: Bool

    init(_ reply: RequestVote.Reply) {
        term = reply.term.rawValue
        preVote = reply.isPreVote
        granted = reply.granted
    }

    var reply: RPCReply {
        .requestVote(RequestVote.Reply(term: Term(term), isPreVote: preVote, granted: granted))
    }
}
