import Foundation
import Glibc
import XCTest

/// The system calls of one process, as strace writes them down.
final class SystemCalls {
    /// One finished call.
    struct Call {
        /// Seconds since 1970, when it returned.
        var end: Double
        /// Its name, arguments and result.
        var text: String
    }

    private let strace: Process
    private let file: URL

    /// Watches a process from now on.
    ///
    /// - Throws: `XCTSkip` where strace is not installed or may not watch.
    init(of processID: Int32, in directory: URL) throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else {
            throw XCTSkip("strace is not installed")
        }
        file = directory.appendingPathComponent("strace-\(processID)")
        strace = Process()
        strace.executableURL = URL(fileURLWithPath: "/usr/bin/strace")
        // -f every thread, -y paths of descriptors, -T with -ttt: when a call began and how long it took.
        strace.arguments = [
            "-f", "-y", "-ttt", "-T", "-s", "65536", "-o", file.path, "-p", "\(processID)",
            "-e", "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,fdatasync,fsync",
        ]
        let output = Pipe()
        strace.standardError = output
        try Self.withSignalsUnblocked { try strace.run() }
        // It says "attached" once every thread is watched.
        var said = ""
        while !said.contains("attached") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw XCTSkip("strace may not watch here: \(said)") }
            said += String(decoding: data, as: UTF8.self)
        }
    }

    /// A process starts with the signals blocked that its starting thread has blocked: all of them, in an async test.
    private static func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    /// Stops watching; every call that was seen, in the order in which they returned.
    func stop() throws -> [Call] {
        strace.terminate()
        strace.waitUntilExit()
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        var unfinished: [Substring: String] = [:]
        var calls: [Call] = []
        for line in text.split(separator: "\n") {
            // 4711  1700000000.123456 fdatasync(12</data/a/log/1>) = 0 <0.000180>
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
            guard words.count == 3, let start = Double(words[1]) else { continue }
            var call = String(words[2])
            if call.hasSuffix("<unfinished ...>") {
                unfinished[words[0]] = call
                continue
            }
            var end = start
            if call.hasPrefix("<... "), let beginning = unfinished.removeValue(forKey: words[0]) {
                // A resumed call is written down when it returns.
                call = beginning + call
            } else if let match = call.firstMatch(of: /<([0-9.]+)>$/), let duration = Double(match.1) {
                end += duration
            }
            calls.append(Call(end: end, text: call))
        }
        return calls.sorted { $0.end < $1.end }
    }
}
