import ArgumentParser

/// A size on the command line: bytes, or a whole number and its unit, `64KiB`, `1MiB`, `2GiB`.
struct ByteCount: Hashable, Sendable, ExpressibleByArgument {
    var bytes: Int

    init(bytes: Int) { self.bytes = bytes }

    static func kibibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count << 10) }
    static func mebibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count << 20) }

    /// Reads `1024`, `1024B`, `64KiB`, `1MiB`, `2GiB` or `1TiB`; nil for anything else.
    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits), let shift = Self.unitShifts[String(argument.dropFirst(digits.count))] else {
            return nil
        }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: 1 << shift)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    /// As it is read, in the largest unit that says it in a whole number.
    var defaultValueDescription: String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where bytes >= 1 << shift && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes)"
    }

    private static let unitShifts = ["": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40]
}
