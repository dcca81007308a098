/// A request's body arriving: pure, so that limits are tested without sockets.
struct RequestIntake {
    enum Phase: Equatable {
        /// Can transition to: `discarding`.
        case receiving
        /// Too large: thrown away while counting, then answered, so that the client reads the answer. Can transition
        /// to: nothing.
        case discarding(Refusal)
    }

    /// What the end of the body means.
    enum EndAction: Equatable {
        case handle(body: [UInt8])
        case refuse(Refusal)
    }

    /// What a piece of the body means.
    enum PieceAction: Equatable {
        case goOn
        /// Too much even to discard: the client is told now, while it still sends.
        case refuseNow(Refusal)
        /// It was told and went on: the connection is to be closed.
        case close
    }

    private(set) var phase = Phase.receiving
    private var hasRefused = false
    private(set) var body: [UInt8] = []
    private(set) var receivedBytes = 0
    private let bodyBytesMax: Int

    /// Beyond the limit, so much more is read for the sake of a readable answer; once more after that answer, for a
    /// client that reads late.
    static let discardedBytesMax = 1024 * 1024
    /// Reserved at once on a client's word; longer bodies grow.
    static let reservedBytesMax = 256 * 1024

    init(announcedBytes: Int?, bodyBytesMax: Int) {
        self.bodyBytesMax = bodyBytesMax
        if let announcedBytes { body.reserveCapacity(min(announcedBytes, Self.reservedBytesMax, bodyBytesMax)) }
    }

    /// Takes a piece.
    mutating func received(_ piece: some Collection<UInt8>) -> PieceAction {
        receivedBytes += piece.count
        guard receivedBytes > bodyBytesMax else {
            if phase == .receiving { body.append(contentsOf: piece) }
            return .goOn
        }
        discard(because: .bodyTooLarge(limit: bodyBytesMax))
        guard receivedBytes > bodyBytesMax + Self.discardedBytesMax, case .discarding(let refusal) = phase else {
            return .goOn
        }
        if !hasRefused {
            hasRefused = true
            return .refuseNow(refusal)
        }
        return receivedBytes > bodyBytesMax + 2 * Self.discardedBytesMax ? .close : .goOn
    }

    /// From now on throws everything away and answers `refusal` at the end. The first reason stays.
    mutating func discard(because refusal: Refusal) {
        guard phase == .receiving else { return }
        phase = .discarding(refusal)
        body = []
    }

    consuming func ended() -> EndAction {
        switch phase {
        case .receiving: .handle(body: body)
        case .discarding(let refusal): .refuse(refusal)
        }
    }
}
