import Dispatch
import Synchronization

/// One loop's counters: written by its thread (and the acceptor), read by anyone.
final class LoopCounters: Sendable {
    let connections = Atomic<Int>(0)
    let connectionsTotal = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let parked = Atomic<Int>(0)
    let resumes = Atomic<Int>(0)
    let hangUps = Atomic<Int>(0)
    let bodyBytesIn = Atomic<Int>(0)
    let bodyBytesOut = Atomic<Int>(0)
}

/// What all loops and the acceptor share.
final class ServerCounters: Sendable {
    /// Open connections, those still waiting for their first request included.
    let connections = Atomic<Int>(0)
    /// Accepted, first request not yet seen.
    let waiting = Atomic<Int>(0)
    /// Bytes of bodies whose requests are not complete.
    let bodyBytesInFlight = Atomic<Int>(0)
    /// Connections dropped because the process had no descriptor for them.
    let descriptorShortages = Atomic<Int>(0)
    private let isDraining = Atomic<Bool>(false)
    private let noConnection = DispatchSemaphore(value: 0)
    private let refusals = Mutex<[String: Int]>([:])

    /// A connection counted in `connections` is closed.
    func connectionEnded() {
        let open = connections.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
        if open == 0, isDraining.load(ordering: .sequentiallyConsistent) { noConnection.signal() }
    }

    /// Waits for the last connection to end. For one caller, when no connection is accepted any more.
    func waitUntilNoConnection(atMost limit: Duration) {
        isDraining.store(true, ordering: .sequentiallyConsistent)
        guard connections.load(ordering: .sequentiallyConsistent) > 0 else { return }
        _ = noConnection.wait(timeout: .now() + .milliseconds(Int(limit.millisecondsRoundedUp)))
    }

    func refused(_ refusal: Refusal) {
        refusals.withLock { $0[refusal.name, default: 0] += 1 }
    }

    var refusalCounts: [String: Int] { refusals.withLock { $0 } }
}

extension Atomic where Value == Int {
    /// Counters promise no order between each other.
    borrowing func add(_ amount: Int) { add(amount, ordering: .relaxed) }
    borrowing func subtract(_ amount: Int) { subtract(amount, ordering: .relaxed) }
    var value: Int { load(ordering: .relaxed) }
}
