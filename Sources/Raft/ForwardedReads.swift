/// A follower's reads, which its leader has to answer. One question at a time, for all reads that came before it was
/// first sent; what comes meanwhile shares the next.
struct ForwardedReads: Hashable, Sendable {
    /// Who is asked. Reads never outlive it: another leader may have committed more.
    struct Source: Hashable, Sendable {
        let leader: NodeID
        let term: Term
    }

    private(set) var source: Source?
    private var waiting: [Ticket] = []
    private var asked: [Ticket] = []
    /// The number of the question that `asked` wait for.
    private var round: UInt64
    private var sent: Instant = .zero

    /// - Parameter firstRound: anything that no earlier start of this node has counted from.
    init(firstRound: UInt64) { round = firstRound }

    var isFull: Bool { waiting.count >= ReadQueue.waitingMax }

    mutating func append(_ ticket: Ticket, for source: Source) {
        precondition(self.source == nil || self.source == source, "reads of another leader wait still")
        self.source = source
        waiting.append(ticket)
    }

    /// The question to send now, if one is due: a new one, or the same again where no answer came within `patience`.
    /// Whatever answers it was found out after the reads came, so the same number will do.
    mutating func question(now: Instant, patience: Duration) -> UInt64? {
        if asked.isEmpty {
            guard !waiting.isEmpty else { return nil }
            swap(&asked, &waiting)
            round += 1
        } else if now < sent + patience {
            return nil
        }
        sent = now
        return round
    }

    /// When the question is to be sent again.
    func deadline(patience: Duration) -> Instant? { asked.isEmpty ? nil : sent + patience }

    /// The reads that an answer settles. D2: none, unless it is the answer to this very question.
    mutating func answered(_ round: UInt64, by source: Source) -> [Ticket] {
        guard round == self.round, source == self.source else { return [] }
        defer { asked = [] }
        return asked
    }

    mutating func removeAll() -> [Ticket] {
        defer { (source, waiting, asked) = (nil, [], []) }
        return asked + waiting
    }
}
