import Synchronization

/// A request that was handed to an `HTTPClient`.
package struct HTTPClientCall: Sendable {
    let id: UInt64
    let inbox: Inbox?

    /// Gives the request up: it completes with `.cancelled`, unless it is complete already. Any thread.
    package func cancel() {
        inbox?.cancel(id)
    }
}

/// A call and the cancellation of its task, which may come before the call is made.
final class CallInTask: Sendable {
    private enum State {
        /// Can transition to: `begun`, `cancelled`.
        case idle
        /// Can transition to: `cancelled`.
        case begun(HTTPClientCall)
        case cancelled
    }

    private let state = Mutex(State.idle)

    func begin(_ call: HTTPClientCall) {
        let isCancelled = state.withLock { state in
            if case .cancelled = state { return true }
            state = .begun(call)
            return false
        }
        if isCancelled { call.cancel() }
    }

    func cancel() {
        let call: HTTPClientCall? = state.withLock { state in
            defer { state = .cancelled }
            if case .begun(let call) = state { return call }
            return nil
        }
        call?.cancel()
    }
}
