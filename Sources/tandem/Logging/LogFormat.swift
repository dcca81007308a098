public import ArgumentParser
public import Logging

/// How log lines look on standard error.
enum LogFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// For people: time, level, what happened, and `key=value`.
    case text
    /// For machines: one JSON object a line.
    case json

    /// Sends every log line of the process to standard error in this format. Once a process.
    func install(level: Logger.Level) {
        let format = self
        LoggingSystem.bootstrap { label in
            StandardErrorLogHandler(label: label, format: format, logLevel: level)
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
