import CThreads
import Dispatch
import Glibc
import Synchronization

/// A thread of its own for work that waits or blocks, for as long as it likes.
///
/// Not a dispatch queue whose block never ends: Dispatch counts such blocks as busy workers and, with a few dozen of
/// them in one process, no longer starts others.
package final class WorkerThread: Sendable {
    private let name: String
    private let finished = DispatchGroup()
    private let handle = Mutex<pthread_t?>(nil)

    /// - Parameter name: shown by `ps -L` and `perf`; longer ones are cut to 15 bytes.
    package init(name: String) {
        self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
    }

    /// Starts it, once.
    package func start(_ body: @escaping @Sendable () -> Void) {
        finished.enter()
        let start = ThreadStart { [name, finished] in
            cthreads_name_current(name)
            body()
            finished.leave()
        }
        handle.withLock { handle in
            precondition(handle == nil, "thread \(name) is already started")
            handle = start.run()
        }
    }

    /// Returns when the body has returned; at once if it was never started.
    package func join() {
        finished.wait()
    }

    /// Returns when the body has returned, or the time is over.
    ///
    /// - Returns: whether the body has returned.
    package func join(within time: Duration) -> Bool {
        let (seconds, attoseconds) = time.components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        return finished.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success
    }

    /// Whether the caller runs on this thread.
    package var isCurrent: Bool {
        handle.withLock { handle in handle.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }
}
