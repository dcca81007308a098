import Dispatch
import Synchronization

/// A thread that runs one body for as long as the server lives.
enum PlainThread {
    /// Starts it and waits until its body has called `isReady`, once, with nil or why it can't run. `group` is left when the body returns.
    static func start(
        _ name: String,
        in group: DispatchGroup,
        body: @escaping @Sendable (_ isReady: (HTTPServerError?) -> Void) -> Void
    ) throws(HTTPServerError) {
        let outcome = StartOutcome()
        group.enter()
        // A serial queue whose one block never ends: Dispatch gives it a thread of its own.
        DispatchQueue(label: "tandem.\(name)").async {
            CurrentThread.setName(name)
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
