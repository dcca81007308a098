import Dispatch
import Synchronization
import Threads

/// A thread that runs one body for as long as the server lives.
enum PlainThread {
    /// Starts it and waits until its body has called `isReady`, once, with nil or why it can't run. `group` is left
    /// when the body returns.
    static func start(
        _ name: String,
        in group: DispatchGroup,
        body: @escaping @Sendable (_ isReady: (HTTPServerError?) -> Void) -> Void
    ) throws(HTTPServerError) {
        let outcome = StartOutcome()
        group.enter()
        WorkerThread(name: name).start {
            body { outcome.report($0) }
            group.leave()
        }
        if let error = outcome.wait() { throw error }
    }
}

private final class StartOutcome: Sendable {
    private let error = Mutex<HTTPServerError?>(nil)
    private let reported = DispatchSemaphore(value: 0)

    func report(_ error: HTTPServerError?) {
        self.error.withLock { $0 = error }
        reported.signal()
    }

    func wait() -> HTTPServerError? {
        reported.wait()
        return error.withLock { $0 }
    }
}
