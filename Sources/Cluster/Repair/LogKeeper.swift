import Dispatch
import HTTPClient
import Logging
import Raft
import Storage
import Synchronization
import Threads

/// Keeps the log readable: reads it again and again, at an easy pace, and puts back from the other members' copies what
/// it finds damaged, or others stumble on. On a thread of its own, from when the node belongs to a cluster.
final class LogKeeper: Sendable {
    private let configuration: ReplicaConfiguration
    private let directory: DataDirectory
    private let client: HTTPClient
    private let logger: Logger
    private let report: @Sendable (Report) -> Void
    private let wakeUp = DispatchSemaphore(value: 0)
    private let isStopping = Atomic(false)
    private let hasStarted = Atomic(false)
    private let thread = WorkerThread(name: "log-keeper")

    enum Report: Sendable {
        case health(LogHealth)
        /// The disk does not work: the process must end.
        case failed(String)
    }

    /// How long what nobody has a copy of is left alone.
    private static let retryDelay = Duration.milliseconds(500)
    /// Bytes read at a time.
    private static let stepBytes = 256 << 10

    /// - Parameter report: told of every change.
    init(
        configuration: ReplicaConfiguration,
        directory: DataDirectory,
        client: HTTPClient,
        logger: Logger,
        report: @escaping @Sendable (Report) -> Void
    ) {
        self.configuration = configuration
        self.directory = directory
        self.client = client
        self.logger = logger
        self.report = report
    }

    func start(cluster: ClusterID) {
        hasStarted.store(true, ordering: .sequentiallyConsistent)
        thread.start { [self] in run(cluster) }
    }

    func stop() {
        guard hasStarted.load(ordering: .sequentiallyConsistent) else { return }
        isStopping.store(true, ordering: .sequentiallyConsistent)
        wakeUp.signal()
        thread.join()
    }

    /// Somebody found an entry that can't be read. Never waits.
    func noteDamage() { wakeUp.signal() }

    private var mustStop: Bool { isStopping.load(ordering: .sequentiallyConsistent) }

    private func run(_ cluster: ClusterID) {
        var health = LogHealth()
        var pace = ScrubPace(interval: configuration.scrubInterval, now: Clocks.monotonic())
        var scrub = LogScrub(directory.log)
        do {
            while !mustStop {
                try mend(&health, cluster)
                let delay = health.isWhole ? try read(&scrub, &pace, &health) : Self.retryDelay
                pause(delay)
            }
        } catch {
            report(.failed("the log can't be kept readable: \(error)"))
        }
    }

    /// Nil: until woken.
    private func pause(_ delay: Duration?) {
        guard let delay else { return wakeUp.wait() }
        _ = wakeUp.wait(timeout: .now() + .nanoseconds(Int(min(delay.wholeNanoseconds, UInt64(Int32.max)))))
    }

    /// - Returns: how long to wait before the next piece is read.
    private func read(
        _ scrub: inout LogScrub,
        _ pace: inout ScrubPace,
        _ health: inout LogHealth
    ) throws(StorageError) -> Duration? {
        let now = Clocks.monotonic()
        guard let due = pace.due else { return nil }
        guard now >= due else { return due.since(now) }
        let step = try scrub.step(bytesMax: Self.stepBytes)
        pace.read(step, of: directory.log.storedBytes, now: now)
        if step.isRoundComplete {
            health.scrubs += 1
            report(.health(health))
        }
        if !step.damage.isEmpty { return .zero }
        return pace.due.map { $0.since(now) }
    }

    private func mend(_ health: inout LogHealth, _ cluster: ClusterID) throws {
        let lost = directory.log.damage
        guard !lost.isEmpty || !health.isWhole else { return }
        // A read finds one entry: what else of its segment can't be read is said, and counted, from the start.
        if health.isWhole { try directory.log.readDamagedSegments() }
        note(&health, reasons: health.reasons)
        let repair = LogRepair(
            directory: directory,
            sources: try sources(cluster),
            withoutPayloads: configuration.ownKind(in: directory) == .witness,
            mustStop: { [self] in mustStop }
        )
        do throws(StorageError) {
            note(&health, reasons: try repair.run())
        } catch {
            guard !error.isFinal else { throw error }
            note(&health, reasons: [error.description])
        }
    }

    private func note(_ health: inout LogHealth, reasons: [String]) {
        let lost = directory.log.damage.lostRanges
        let before = health.lost.reduce(0) { $0 + UInt64($1.count) }
        let after = lost.reduce(0) { $0 + UInt64($1.count) }
        if after > before {
            logger.error("entries of the log can't be read", metadata: ["entries": "\(lost)"])
        } else if after < before {
            health.repaired += before - after
            logger.notice("entries of the log were put back", metadata: ["count": "\(before - after)"])
        }
        if lost.isEmpty { health.reasons = [] } else { health.reasons = reasons }
        health.lost = lost
        report(.health(health))
    }

    /// A witness holds no messages to copy.
    private func sources(_ cluster: ClusterID) throws -> [any CopySource] {
        let own = MemberIdentity(id: configuration.id, incarnation: directory.identity.incarnation)
        return try directory.everyKnownMember().filter { $0.id != own.id && $0.kind != .witness }.map {
            PeerCopies(peer: $0, cluster: cluster, own: own, client: client)
        }
    }
}
