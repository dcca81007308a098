import ArgumentParser
import Logging

/// What is said on standard error, and how.
struct LogOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The least important log lines that are written.", valueName: "level"))
    var logLevel = Logger.Level.info

    @Option(help: ArgumentHelp("Log lines for people or for machines.", valueName: "format"))
    var logFormat = LogFormat.text

    /// From here on, every log line of the process is written so.
    func install() {
        logFormat.install(level: logLevel)
    }
}
