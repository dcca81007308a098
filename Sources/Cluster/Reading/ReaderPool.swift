import Dispatch
import Synchronization

/// A few threads that read from disk, and a bounded number of reads waiting for them.
final class ReaderPool: Sendable {
    private let queues: [DispatchQueue]
    private let waitingMax: Int
    private let waiting = Atomic(0)
    private let next = Atomic(0)

    init(threads: Int, waitingMax: Int) {
        precondition(threads > 0, "reading needs a thread")
        queues = (1...threads).map { DispatchQueue(label: "tandem.reader-\($0)") }
        self.waitingMax = waitingMax
    }

    /// Runs `work` on one of the threads.
    ///
    /// - Returns: false, without running it, if too many wait already.
    func run(_ work: @escaping @Sendable () -> Void) -> Bool {
        if waiting.add(1, ordering: .relaxed).newValue > waitingMax {
            waiting.subtract(1, ordering: .relaxed)
            return false
        }
        let turn = next.add(1, ordering: .relaxed).newValue
        queues[abs(turn % queues.count)].async { [self] in
            work()
            waiting.subtract(1, ordering: .relaxed)
        }
        return true
    }
}
