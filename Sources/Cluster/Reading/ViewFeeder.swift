import Dispatch
import Glibc
import Logging
import Messaging
import Raft
import Storage
import StorageView
import Synchronization
import Threads

/// Keeps the view near what is applied: on a thread of its own, in large batches, away from the path of writes.
final class ViewFeeder: Sendable {
    private let log: SegmentedLog
    private let view: MessageView
    private let logger: Logger
    private let applied = Atomic<UInt64>(0)
    private let isStopping = Atomic(false)
    private let wakeUp = DispatchSemaphore(value: 0)
    private let isAsked = Atomic(false)
    private let thread = WorkerThread(name: "view")

    /// A batch this large is fed at once; a smaller one waits for company for `patience`.
    private static let batchEntries = 8192
    private static let batchBytes = 16 << 20
    private static let patienceMilliseconds = 250

    init(log: SegmentedLog, view: MessageView, logger: Logger) {
        self.log = log
        self.view = view
        self.logger = logger
    }

    /// How far the view has come.
    var position: LogIndex { view.position.index }

    func start() {
        thread.start { [self] in run() }
    }

    /// Says how far entries are applied. Never waits.
    func advance(to index: LogIndex) {
        applied.store(index.rawValue, ordering: .releasing)
        if !isAsked.exchange(true, ordering: .acquiringAndReleasing) { wakeUp.signal() }
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        wakeUp.signal()
        thread.join()
    }

    private func run() {
        while !isStopping.load(ordering: .acquiring) {
            wakeUp.wait()
            isAsked.store(false, ordering: .releasing)
            do {
                try feed()
            } catch {
                // The view is derived: readers scan the log from where it stands.
                logger.error("the view can't be fed; filtered reads get slower", metadata: ["error": "\(error)"])
            }
        }
    }

    private func feed() throws {
        while !isStopping.load(ordering: .acquiring) {
            let (position, target) = (view.position.index, LogIndex(applied.load(ordering: .acquiring)))
            guard position < target else { return }
            if position.distance(to: target) < Self.batchEntries { waitForCompany() }
            let from = max(position, log.summary.base.index).next
            let through = min(LogIndex(applied.load(ordering: .acquiring)), from.advanced(by: Self.batchEntries - 1))
            let entries = try log.entries(from: from, through: through, bytesMax: Self.batchBytes)
            guard let last = entries.last else { return }
            try view.feed(try entries.compactMap(Self.record), through: last.index, chain: last.chain)
        }
    }

    private func waitForCompany() {
        let end = Clocks.monotonic() + .milliseconds(Self.patienceMilliseconds)
        while Clocks.monotonic() < end, !isStopping.load(ordering: .acquiring) {
            usleep(20_000)
        }
    }

    private static func record(_ entry: Entry) throws -> ViewRecord? {
        guard entry.kind == .command, let (sender, recipient) = try Command.parties(of: entry.payload) else {
            return nil
        }
        return ViewRecord(id: entry.index.rawValue, sender: sender, recipient: recipient)
    }
}
