import Glibc

/// What a new thread begins with: the wall between a closure and `pthread_create`.
final class ThreadStart: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    /// Runs the body on a new, detached thread, which owns this object until it starts.
    ///
    /// A process that can't have another thread (`EAGAIN`) can't go on either: it stops here, saying so.
    func run() -> pthread_t {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let failure = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { preconditionFailure("a thread was started without its closure") }
                Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue().body()
                return nil
            },
            context.toOpaque()
        )
        precondition(failure == 0, "no thread can be started: error \(failure). Raise the limit on threads.")
        pthread_detach(thread)
        return thread
    }
}
