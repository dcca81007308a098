import Glibc
import Logging
import Messaging

/// Writes each log line to standard error with one system call, so that lines of several threads don't mix.
struct StandardErrorLogHandler: LogHandler {
    var label: String
    var format: LogFormat
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(label: String, format: LogFormat, logLevel: Logger.Level) {
        self.label = label
        self.format = format
        self.logLevel = logLevel
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let line = LogLine(
            time: .now,
            level: event.level,
            label: label,
            message: event.message.description,
            metadata: merged.map { (key: $0.key, value: $0.value.description) }.sorted { $0.key < $1.key }
        )
        let bytes = Array((format == .json ? line.json : line.text).utf8) + [UInt8(ascii: "\n")]
        // A full or closed standard error must not stop a server: the result is of no use.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}

extension Timestamp {
    /// This machine's wall clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(millisecondsSinceEpoch: UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000)
    }
}
