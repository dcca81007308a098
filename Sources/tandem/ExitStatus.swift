import ArgumentParser
import Glibc

/// What the shell is told about how a command ended.
enum ExitStatus: Int32, Sendable {
    case done = 0
    /// The server, the disk or the system said no; the same command will fail again.
    case refused = 1
    /// The command line is wrong.
    case usage = 2
    /// Not possible at the moment: the same command may work later (`EX_TEMPFAIL` of sysexits.h).
    case tryAgain = 75

    /// The status for an error that ends the command.
    init(of error: any Error, parsedBy command: any ParsableCommand.Type) {
        if let failure = error as? CommandFailure {
            self = failure.status
            return
        }
        switch command.exitCode(for: error) {
        case .success: self = .done
        case .validationFailure: self = .usage
        default: self = .refused
        }
    }
}

/// A command that could not do what it was asked; the message has been made for people.
struct CommandFailure: Error {
    var status: ExitStatus
    var message: String
}

/// What is said beside a command's output.
enum StandardError {
    /// Writes a line.
    static func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        // With standard error gone there is nowhere left to complain.
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}

/// What a command prints.
enum StandardOutput {
    /// Brings out what was printed so far, also where the output is a pipe or a file.
    static func flush() {
        fflush(nil)
    }
}
