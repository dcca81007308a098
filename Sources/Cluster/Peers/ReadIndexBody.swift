import Raft

/// The content of `POST /read-index`.
package struct ReadIndexBody: Codable, Sendable {
    package var term: UInt64
    package var round: UInt64

    init(_ request: ReadIndex) {
        term = request.term.rawValue
        round = request.round
    }

    var request: RPCRequest { .readIndex(ReadIndex(term: Term(term), round: round)) }
}

/// The content of the answer to `POST /read-index`.
package struct ReadIndexReplyBody: Codable, Sendable {
    package var term: UInt64
    package var round: UInt64
    /// Absent from a node that can't tell.
    package var index: UInt64?

    init(_ reply: ReadIndex.Reply) {
        term = reply.term.rawValue
        round = reply.round
        index = reply.index?.rawValue
    }

    var reply: RPCReply {
        .readIndex(ReadIndex.Reply(term: Term(term), round: round, index: index.map { LogIndex($0) }))
    }
}
