/// Who answers an exchange, and when: pure, so that every race is a test without a socket. The first answer wins.
struct ExchangeState<Answer> {
    enum Phase {
        /// The handler is being called on the loop's thread. Can transition to: `answered`, `parked`, `over`.
        case handling
        /// The connection is suspended and the handler owes an answer. Can transition to: `resuming`, `over`.
        case parked
        /// Answered while `handling`: the loop takes it when the handler returns. Can transition to: `over`.
        case answered(Answer)
        /// Answered while `parked`: the loop resumes the connection once, then takes it. Can transition to: `over`.
        case resuming(Answer)
        /// The reply is queued, or the peer is gone. Can transition to: nothing.
        case over
    }

    /// What the one who answers must do.
    enum AnswerAction: Equatable {
        /// Nothing: the loop is about to look.
        case keep
        /// Tell the loop to resume the connection; said once an exchange.
        case resume
        /// Too late: someone else answered, or the peer is gone.
        case drop
    }

    /// What the loop must do when the handler has returned.
    enum HandlerAction {
        case reply(Answer)
        case suspend
    }

    private(set) var phase = Phase.handling

    /// Anyone, any thread, any time.
    mutating func answer(_ answer: Answer) -> AnswerAction {
        switch phase {
        case .handling:
            phase = .answered(answer)
            return .keep
        case .parked:
            phase = .resuming(answer)
            return .resume
        case .answered, .resuming, .over:
            return .drop
        }
    }

    /// The loop, once, when the handler has returned.
    mutating func handlerReturned() -> HandlerAction {
        switch phase {
        case .answered(let answer):
            phase = .over
            return .reply(answer)
        case .handling:
            phase = .parked
            return .suspend
        case .parked, .resuming, .over:
            preconditionFailure("handler returned twice: \(phase)")
        }
    }

    /// The loop, from the re-entered handler after resuming: the answer to queue, or nil when there is none to give.
    mutating func takeAnswer() -> Answer? {
        guard case .resuming(let answer) = phase else { return nil }
        phase = .over
        return answer
    }

    /// The loop: the peer hung up, or the connection ended. True when the handler still owed an answer and should hear
    /// of it.
    mutating func peerIsGone() -> Bool {
        switch phase {
        case .handling, .parked:
            phase = .over
            return true
        case .answered, .resuming, .over:
            phase = .over
            return false
        }
    }

    var isParked: Bool {
        if case .parked = phase { return true }
        return false
    }
}
