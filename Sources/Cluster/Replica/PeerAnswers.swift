import Raft

/// Requests from peers that the node has not answered yet.
struct PeerAnswers {
    private var waiting: [ReplyToken: PeerRequest] = [:]
    private var lastToken: UInt64 = 0

    mutating func wait(for request: PeerRequest) -> ReplyToken {
        lastToken += 1
        let token = ReplyToken(lastToken)
        waiting[token] = request
        return token
    }

    mutating func take(_ token: ReplyToken) -> PeerRequest? {
        waiting.removeValue(forKey: token)
    }

    mutating func takeAll() -> [PeerRequest] {
        defer { waiting = [:] }
        return Array(waiting.values)
    }
}
