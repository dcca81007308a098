/// A moment in wall-clock time, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Written as RFC 3339 in UTC with milliseconds, for example `2026-11-23T18:36:54.120Z`.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since the Unix epoch; never negative.
    public let millisecondsSinceEpoch: UInt64

    /// The moment this many milliseconds after the Unix epoch. The year must be at most 9999.
    public init(millisecondsSinceEpoch: UInt64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// Whether `left` comes before `right`.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339, UTC, milliseconds: always 24 characters, so that text order is time order.
    public var description: String {
        let (days, millisecondOfDay) = millisecondsSinceEpoch.quotientAndRemainder(dividingBy: 86_400_000)
        let date = CivilDate(daysSinceEpoch: Int(days))
        let second = Int(millisecondOfDay / 1000)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        Self.append(date.year, digits: 4, then: "-", to: &text)
        Self.append(date.month, digits: 2, then: "-", to: &text)
        Self.append(date.day, digits: 2, then: "T", to: &text)
        Self.append(second / 3600, digits: 2, then: ":", to: &text)
        Self.append(second / 60 % 60, digits: 2, then: ":", to: &text)
        Self.append(second % 60, digits: 2, then: ".", to: &text)
        Self.append(Int(millisecondOfDay % 1000), digits: 3, then: "Z", to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ value: Int, digits: Int, then separator: Unicode.Scalar, to text: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
        text.append(UInt8(ascii: separator))
    }
}

extension Timestamp: LosslessStringConvertible {
    /// Reads exactly what `description` writes; nil for anything else.
    public init?(_ description: String) {
        let text = Array(description.utf8)
        guard text.count == 24 else { return nil }
        func number(_ range: Range<Int>, upTo limit: Int) -> Int? {
            var value = 0
            for byte in text[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return value <= limit ? value : nil
        }
        guard let year = number(0..<4, upTo: 9999), let month = number(5..<7, upTo: 12),
            let day = number(8..<10, upTo: 31), let hour = number(11..<13, upTo: 23),
            let minute = number(14..<16, upTo: 59), let second = number(17..<19, upTo: 59),
            let millisecond = number(20..<23, upTo: 999), year >= 1970, month >= 1, day >= 1
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        let seconds = UInt64(days) * 86400 + UInt64(hour * 3600 + minute * 60 + second)
        self.init(millisecondsSinceEpoch: seconds * 1000 + UInt64(millisecond))
        // Separators, and days such as 30 February, show as a difference when written again.
        guard self.description == description else { return nil }
    }
}

extension Timestamp: Codable {
    /// Reads the RFC 3339 form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let timestamp = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "not an RFC 3339 UTC time with milliseconds: \(text)"
            )
        }
        self = timestamp
    }

    /// Writes the RFC 3339 form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
