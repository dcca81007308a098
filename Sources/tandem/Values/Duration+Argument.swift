public import ArgumentParser

/// Durations on the command line: a whole number and its unit, `50ms`, `2s`, `5m`, `1h`.
extension Duration: @retroactive ExpressibleByArgument {
    /// Reads `50ms`, `2s`, `5m` or `1h`; nil for anything else.
    public init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), let unit = Self.unitMilliseconds[String(argument.dropFirst(digits.count))]
        else {
            return nil
        }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit)
        // A year is more than any timeout needs, and leaves arithmetic in nanoseconds room.
        guard !overflow, milliseconds <= 366 * 86_400_000 else { return nil }
        self = .milliseconds(milliseconds)
    }

    /// As it is read, in the largest unit that says it in a whole number.
    public var defaultValueDescription: String {
        let (seconds, attoseconds) = components
        guard attoseconds == 0 else { return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms" }
        if seconds >= 3600, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        if seconds >= 60, seconds % 60 == 0 { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }

    private static let unitMilliseconds: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
}
