import Synchronization

/// A request on its way to the client's thread.
struct Job: Sendable {
    let id: UInt64
    let request: HTTPClientRequest
    let deadline: ContinuousClock.Instant
    let completion: @Sendable (Result<HTTPClientResponse, HTTPClientError>) -> Void
}

/// What any thread may ask of the client's thread, and the one place where they meet.
final class Inbox: Sendable {
    enum Command: Sendable {
        case start(Job)
        case cancel(id: UInt64)
    }

    /// Why a job was not taken.
    enum Refusal {
        case closed
        case overloaded
    }

    private struct State {
        var commands: [Command] = []
        /// Jobs taken and not yet settled.
        var unsettled = 0
        /// The thread sleeps, or is about to: the next command must wake it. A command from the thread itself, out of a
        /// completion, or the second of two, costs no system call.
        var isAsleep = false
        var isClosing = false

        /// Returns whether the thread must be woken.
        mutating func add(_ command: Command) -> Bool {
            commands.append(command)
            defer { isAsleep = false }
            return isAsleep
        }
    }

    private let state = Mutex(State())
    private let unsettledMax: Int
    let wake: CurlWake

    init(unsettledMax: Int, wake: CurlWake) {
        precondition(unsettledMax > 0, "pendingMax must be positive, is \(unsettledMax)")
        self.unsettledMax = unsettledMax
        self.wake = wake
    }

    func start(_ job: Job) -> Refusal? {
        var wakes = false
        let refusal: Refusal? = state.withLock { state in
            if state.isClosing { return .closed }
            if state.unsettled >= unsettledMax { return .overloaded }
            state.unsettled += 1
            wakes = state.add(.start(job))
            return nil
        }
        if wakes { wake.signal() }
        return refusal
    }

    func cancel(_ id: UInt64) {
        let wakes = state.withLock { state in state.isClosing ? false : state.add(.cancel(id: id)) }
        if wakes { wake.signal() }
    }

    func close() {
        state.withLock { state in
            state.isClosing = true
            state.isAsleep = false
        }
        wake.signal()
    }

    /// For a client that could not begin: the process has no memory or no descriptor left.
    func closeAndFailAll() {
        close()
        var commands: [Command] = []
        _ = take(into: &commands)
        for case .start(let job) in commands {
            let message = "the HTTP client could not start: too many open files, or no memory"
            settle()
            job.completion(.failure(HTTPClientError(.closed, message, mayHaveBeenReceived: false)))
        }
    }

    /// A job's completion is about to be called.
    func settle() {
        state.withLock { $0.unsettled -= 1 }
    }

    /// Takes all commands, in order, into `commands`, which must be empty. False: they are the last, the thread must
    /// end.
    func take(into commands: inout [Command]) -> Bool {
        state.withLock { state in
            state.isAsleep = false
            swap(&state.commands, &commands)
            return !state.isClosing
        }
    }

    /// False: something came in the meantime, do not sleep.
    func prepareToSleep() -> Bool {
        state.withLock { state in
            state.isAsleep = state.commands.isEmpty && !state.isClosing
            return state.isAsleep
        }
    }
}
