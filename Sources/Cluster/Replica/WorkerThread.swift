import Dispatch
import Glibc

/// A thread of its own for work that waits or blocks, and that can be waited for at the end.
struct WorkerThread: Sendable {
    private let name: String
    private let queue: DispatchQueue
    private let finished = DispatchGroup()

    /// - Parameter name: shown by `ps -L` and `perf`; at most 15 bytes.
    init(name: String) {
        precondition(name.utf8.count <= 15, "the kernel cuts the name \(name)")
        self.name = name
        queue = DispatchQueue(label: "tandem.\(name)")
    }

    /// Starts it, once.
    func start(_ body: @escaping @Sendable () -> Void) {
        finished.enter()
        queue.async { [self] in
            showName()
            body()
            finished.leave()
        }
    }

    /// Returns when the body has returned; at once if it was never started.
    func join() {
        finished.wait()
    }

    /// Swift's Glibc leaves out `pthread_setname_np`; the kernel takes the name here too (proc(5), `comm`).
    private func showName() {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, name, name.utf8.count)
        close(file)
    }
}
