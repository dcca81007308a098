import Dispatch
import Raft
import Synchronization

/// Hands things from any thread to one: senders never wait, the receiver takes everything there is in one go.
///
/// Holds no more than its senders keep outstanding: a client connection has one request at a time, a peer two.
final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var receiverSleeps = false
    }

    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)

    /// Adds one thing and wakes the receiver if it sleeps.
    func send(_ element: Element) {
        let mustWake = state.withLock { state in
            state.elements.append(element)
            defer { state.receiverSleeps = false }
            return state.receiverSleeps
        }
        if mustWake { wakeUp.signal() }
    }

    /// Takes everything there is into `elements`, which must be empty; where there is nothing, waits for the first
    /// thing until `deadline` (nil: for ever).
    func receive(into elements: inout [Element], until deadline: Instant?) {
        if take(into: &elements) { return }
        if let deadline {
            let remaining = deadline.since(Clocks.monotonic()).wholeNanoseconds
            guard remaining > 0 else { return wakeNoMore() }
            if wakeUp.wait(timeout: .now() + .nanoseconds(Int(min(remaining, UInt64(Int32.max))))) == .timedOut {
                wakeNoMore()
            }
        } else {
            wakeUp.wait()
        }
        _ = take(into: &elements, thenSleep: false)
    }

    private func take(into elements: inout [Element], thenSleep: Bool = true) -> Bool {
        state.withLock { state in
            swap(&state.elements, &elements)
            state.receiverSleeps = thenSleep && elements.isEmpty
            return !elements.isEmpty
        }
    }

    /// After a time-out: takes back the wish to be woken, or the signal that a sender has already made of it.
    private func wakeNoMore() {
        let signalled = state.withLock { state in
            defer { state.receiverSleeps = false }
            return !state.receiverSleeps
        }
        if signalled { wakeUp.wait() }
    }
}
