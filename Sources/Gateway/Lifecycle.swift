import Synchronization

/// Whether the node is on its way down, known to all handlers.
final class Lifecycle: Sendable {
    private let stopping = Atomic(false)
    let startedAt = ContinuousClock.now

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    func stop() { stopping.store(true, ordering: .releasing) }
}
