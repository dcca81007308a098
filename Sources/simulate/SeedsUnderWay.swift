import Glibc
import Synchronization

/// The seeds that run right now, one a thread: a world that traps takes the process with it, and nobody would know
/// which it was.
enum SeedsUnderWay {
    private static let first = Atomic<UInt64>(0)
    private static let second = Atomic<UInt64>(0)

    static let threadsMax = 2

    static func note(_ seed: UInt64, thread: Int) {
        if thread == 0 { first.store(seed, ordering: .relaxed) } else { second.store(seed, ordering: .relaxed) }
    }

    /// Prints them when the process traps; the trap then takes its course.
    static func printOnTrap() {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGABRT, SIGBUS] {
            signal(number) { number in
                let seeds = [
                    SeedsUnderWay.first.load(ordering: .relaxed), SeedsUnderWay.second.load(ordering: .relaxed),
                ]
                for seed in seeds where seed != 0 {
                    SeedsUnderWay.write("TRAP while seed \(seed) was running\n")
                    SeedsUnderWay.write("Again, with the same --nodes: simulate --seed \(seed) --trace\n")
                }
                signal(number, SIG_DFL)
            }
        }
    }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
