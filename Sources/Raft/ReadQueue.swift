/// Reads that wait for proof that this node still leads (dissertation §6.4): each for a heartbeat round begun after it.
struct ReadQueue: Hashable, Sendable {
    enum Asker: Hashable, Sendable {
        case client(Ticket)
        /// A follower, for reads of its own, with its number for the question.
        case peer(NodeID, ReplyToken, round: UInt64)
    }

    struct Read: Hashable, Sendable {
        let asker: Asker
        /// What was committed when the read came, and at least this term's first entry.
        let index: LogIndex
    }

    static let waitingMax = 65_536

    /// Came after the round in flight was begun.
    private(set) var waiting: [Read] = []
    /// Answered once `round` is confirmed.
    private(set) var inRound: [Read] = []
    private(set) var round: UInt64?

    var isFull: Bool { waiting.count >= Self.waitingMax }
    var isEmpty: Bool { waiting.isEmpty && inRound.isEmpty }

    mutating func append(_ read: Read) { waiting.append(read) }

    /// Whether a round should begin: reads wait, and none is in flight.
    var wantsRound: Bool { round == nil && !waiting.isEmpty }

    mutating func begin(_ round: UInt64) {
        precondition(wantsRound, "round \(self.round ?? 0) is still in flight")
        self.round = round
        inRound = waiting
        waiting = []
    }

    /// A quorum confirmed `round`: the reads that it proves.
    mutating func confirmed(_ round: UInt64) -> [Read] {
        guard let begun = self.round, begun <= round else { return [] }
        defer { inRound = [] }
        self.round = nil
        return inRound
    }

    mutating func removeAll() -> [Read] {
        defer { self = ReadQueue() }
        return inRound + waiting
    }
}
