/// What one node asks of another.
package enum RPCRequest: Hashable, Sendable {
    case requestVote(RequestVote)
    case appendEntries(AppendEntries)
    case heartbeat(Heartbeat)
    case timeoutNow(TimeoutNow)
    case readIndex(ReadIndex)
    case installSnapshot(InstallSnapshot)

    /// Each peer has two connections, so that a long append never delays a heartbeat or a vote.
    package enum Lane: Hashable, Sendable {
        case append
        case control
    }

    package var lane: Lane {
        switch self {
        case .appendEntries, .installSnapshot: .append
        case .requestVote, .heartbeat, .timeoutNow, .readIndex: .control
        }
    }

    package var term: Term {
        switch self {
        case .requestVote(let request): request.term
        case .appendEntries(let request): request.term
        case .heartbeat(let request): request.term
        case .timeoutNow(let request): request.term
        case .readIndex(let request): request.term
        case .installSnapshot(let request): request.term
        }
    }
}

/// The answer to an `RPCRequest` of the same name.
package enum RPCReply: Hashable, Sendable {
    case requestVote(RequestVote.Reply)
    case appendEntries(AppendEntries.Reply)
    case heartbeat(Heartbeat.Reply)
    case timeoutNow(TimeoutNow.Reply)
    case readIndex(ReadIndex.Reply)
    case installSnapshot(InstallSnapshot.Reply)

    package var term: Term {
        switch self {
        case .requestVote(let reply): reply.term
        case .appendEntries(let reply): reply.term
        case .heartbeat(let reply): reply.term
        case .timeoutNow(let reply): reply.term
        case .readIndex(let reply): reply.term
        case .installSnapshot(let reply): reply.term
        }
    }
}

/// Ties a reply to the request it answers. Chosen by the shell, given back unchanged.
package struct ReplyToken: Hashable, Sendable {
    package var rawValue: UInt64

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}
