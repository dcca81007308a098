import Raft
import Storage
import Synchronization
import Threads

/// The one thread that writes to the log: everything that was handed over while the previous sync ran goes to the disk
/// in one append and one sync.
final class LogWriter: Sendable {
    /// What became of the writes.
    enum Report: Sendable {
        /// Everything up to this token is on disk.
        case persisted(PersistToken)
        /// How much more the disk can take. Reported at the start, and when clients' writes are to be refused, or taken
        /// again; a write that found no room waits, and is tried again until there is.
        case room(Room)
        /// Nothing more can be written; the process must end.
        case failed(String)
    }

    private enum Work: Sendable {
        case persist(Persist)
        case stop
    }

    private let inbox = Inbox<Work>()
    private let directory: DataDirectory
    private let report: @Sendable (Report) -> Void
    private let thread = WorkerThread(name: "log-writer")

    /// How long a full disk is left alone before the write is tried again.
    private static let retryDelay = Duration.milliseconds(100)
    /// How long nothing is written before the log is sealed: from then on damage to the last batch can be told from a
    /// torn write.
    private static let sealDelay = Duration.seconds(1)
    /// How long after a vote it is written a second time, if so much is written meanwhile that the log isn't sealed.
    private static let voteCopyDelay = Duration.seconds(1)

    init(directory: DataDirectory, report: @escaping @Sendable (Report) -> Void) {
        self.directory = directory
        self.report = report
    }

    func start() {
        thread.start { [self] in run() }
    }

    /// Queues a write; writes reach the disk in the order of the calls.
    func write(_ persist: Persist) {
        inbox.send(.persist(persist))
    }

    /// Ends the thread after what is queued; a write that waits for room is given up.
    func stop() {
        inbox.send(.stop)
        thread.join()
    }

    private func run() {
        var work: [Work] = []
        var batch: [Persist] = []
        var isStopping = false
        var accepts: Bool?
        var sealAt: Instant?
        var copyVoteAt: Instant?
        while true {
            // While a write waits there is none, whatever is left for a smaller one.
            let room = directory.room
            if batch.isEmpty, accepts != room.acceptsProposals {
                accepts = room.acceptsProposals
                report(.room(room))
            }
            let mustLookAgain = !batch.isEmpty || accepts == false
            let deadline = mustLookAgain ? Clocks.monotonic() + Self.retryDelay : sealAt
            if !isStopping { inbox.receive(into: &work, until: deadline) }
            for item in work {
                switch item {
                case .persist(let persist): batch.append(persist)
                case .stop: isStopping = true
                }
            }
            work.removeAll(keepingCapacity: true)
            do throws(StorageError) {
                if let last = batch.last {
                    try directory.persist(batch)
                    let now = Clocks.monotonic()
                    if batch.contains(where: { $0.hardState != nil }) { copyVoteAt = now + Self.voteCopyDelay }
                    batch.removeAll(keepingCapacity: true)
                    sealAt = now + Self.sealDelay
                    report(.persisted(last.token))
                    if let due = copyVoteAt, due <= now {
                        copyVoteAt = nil
                        try directory.copyVote()
                    }
                } else {
                    try directory.requireWritable()
                    if let due = sealAt, due <= Clocks.monotonic() {
                        sealAt = nil
                        try directory.seal()
                    }
                }
            } catch  where error.code == .diskFull {
                if accepts != false {
                    accepts = false
                    report(.room(directory.room.refusingProposals))
                }
            } catch {
                return report(.failed(error.description))
            }
            if isStopping { return }
        }
    }
}

extension Room {
    /// The same, seen by a write that found none.
    fileprivate var refusingProposals: Room {
        var room = self
        room.acceptsProposals = false
        return room
    }
}
