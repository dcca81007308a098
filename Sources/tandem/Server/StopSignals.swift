import Dispatch
import Glibc
import Synchronization

/// SIGTERM and SIGINT, as a request to stop. A second one ends the process at once. In force while this value is kept.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    /// - Parameter requested: called on a thread of its own, for the first signal only.
    init(requested: @escaping @Sendable (_ signalName: String) -> Void) {
        let queue = DispatchQueue(label: "tandem.signals")
        let count = SignalCount()
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            // The default action would come before the source's.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if count.isFirst() {
                    requested(name)
                } else {
                    _exit(ExitStatus.refused.rawValue)
                }
            }
            source.activate()
            return source
        }
    }
}

private final class SignalCount: Sendable {
    private let count = Atomic(0)

    func isFirst() -> Bool { count.add(1, ordering: .relaxed).oldValue == 0 }
}
