import Raft
import Synchronization

/// How long the last syncs took.
package final class SyncLatencies: Sendable {
    private struct Ring {
        var samples: [Duration] = []
        var next = 0
    }

    private static let samplesMax = 1024
    private let ring = Mutex(Ring())
    private let now: @Sendable () -> Instant

    init(now: @escaping @Sendable () -> Instant) { self.now = now }

    /// Syncs the file and takes the time.
    func sync(_ file: any DiskFile) throws(StorageError) {
        let start = now()
        try file.sync()
        let duration = now().since(start)
        ring.withLock { ring in
            if ring.samples.count < Self.samplesMax {
                ring.samples.append(duration)
            } else {
                ring.samples[ring.next] = duration
                ring.next = (ring.next + 1) % Self.samplesMax
            }
        }
    }

    /// The time within which this share of the last 1024 syncs ended; nil before the first.
    ///
    /// - Parameter share: over 0 to 1, for example 0.99.
    package func quantile(_ share: Double) -> Duration? {
        precondition(share > 0 && share <= 1, "a share of \(share)")
        let sorted = ring.withLock { $0.samples }.sorted()
        guard !sorted.isEmpty else { return nil }
        return sorted[max(0, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
    }
}
