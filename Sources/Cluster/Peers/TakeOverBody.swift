import Raft

/// The content of `POST /take-over`, and of its answer.
package struct TakeOverBody: Codable, Sendable {
    package var term: UInt64

    init(_ request: TimeoutNow) { term = request.term.rawValue }

    init(_ reply: TimeoutNow.Reply) { term = reply.term.rawValue }

    var request: RPCRequest { .timeoutNow(TimeoutNow(term: Term(term))) }

    var reply: RPCReply { .timeoutNow(TimeoutNow.Reply(term: Term(term))) }
}
