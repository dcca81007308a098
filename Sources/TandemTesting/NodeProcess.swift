import Foundation
package import Glibc
import Synchronization

/// One running `tandem serve` process, or another that a test needs. It dies with this process, however that ends.
package final class NodeProcess: Sendable {
    /// How a process ended.
    package enum End: Hashable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    package let processID: pid_t
    private let end: Mutex<End?>

    private init(processID: pid_t) {
        self.processID = processID
        end = Mutex(nil)
    }

    /// Nil while the process runs.
    package var ended: End? { end.withLock { $0 } }

    /// Starts a program; what it writes is appended to the file at `log`.
    ///
    /// One thread starts the process and then waits for its end: Linux sends the parent-death signal, which ends the
    /// process with this one, when the *thread* that started it ends.
    package static func start(_ arguments: [String], log: String) async throws -> NodeProcess {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    let process = NodeProcess(processID: try spawn(arguments, log: log))
                    continuation.resume(returning: process)
                    process.waitForEnd()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// Sends a signal, unless the process has ended and its number may be another's.
    package func send(_ signal: Int32) {
        end.withLock { end in
            if end == nil { Glibc.kill(processID, signal) }
        }
    }

    /// Whether none of its threads runs: after SIGSTOP, or because it has ended.
    package var isStopped: Bool {
        let tasks = "/proc/\(processID)/task"
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: tasks) else { return true }
        return threads.allSatisfy { thread in
            // "ID (NAME) STATE …"; gone if the thread has ended meanwhile.
            guard let line = try? String(contentsOfFile: "\(tasks)/\(thread)/stat", encoding: .utf8),
                let name = line.lastIndex(of: ")")
            else { return true }
            return line[name...].dropFirst(2).first == "T"
        }
    }

    private func waitForEnd() {
        // First without reaping: the number stays this process's own until the lock is held.
        var information = siginfo_t()
        while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        end.withLock { end in
            var status: Int32 = 0
            while waitpid(processID, &status, 0) < 0 && errno == EINTR {}
            let signal = status & 0x7F
            end = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
        }
    }

    private static func spawn(_ arguments: [String], log: String) throws -> pid_t {
        // setpriv (util-linux) asks for the parent-death signal and becomes the program, with the same process id.
        let words = ["setpriv", "--pdeathsig", "KILL", "--"] + arguments
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // Nothing else is handed down: a node must not keep this program's sockets and locks open.
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            if let descriptor = Int32(name), descriptor > STDERR_FILENO {
                posix_spawn_file_actions_addclose(&actions, descriptor)
            }
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: Ctrl-C at the test run does not reach it before the run itself ends.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        posix_spawnattr_setpgroup(&attributes, 0)
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)

        var pointers = words.map { strdup($0) } + [nil]
        var environment = ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (pointers + environment).forEach { free($0) } }
        var processID: pid_t = 0
        let result = posix_spawnp(&processID, "setpriv", &actions, &attributes, &pointers, &environment)
        guard result == 0 else {
            throw ThrowawayClusterError(
                .couldNotStart,
                "\(words.joined(separator: " ")): \(String(cString: strerror(result))). "
                    + "setpriv is in Debian's package util-linux."
            )
        }
        return processID
    }
}
