/// One reading of the hybrid logical clock: wall milliseconds in the upper 48 bits, a counter in the lower 16.
///
/// Readings are ordered as numbers; where the counter overflows it carries into the milliseconds
/// (Kulkarni et al., "Logical Physical Clocks", 2014).
public struct HybridTimestamp: Hashable, Comparable, Sendable {
    /// The two parts as one number.
    public let rawValue: UInt64

    /// A reading from the number that `rawValue` gave.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The first reading of a wall-clock millisecond.
    package init(millisecondsSinceEpoch: UInt64) {
        rawValue = millisecondsSinceEpoch << 16
    }

    package static let zero = HybridTimestamp(rawValue: 0)

    package var next: HybridTimestamp { HybridTimestamp(rawValue: rawValue + 1) }

    /// The wall-clock part.
    public var timestamp: Timestamp { Timestamp(millisecondsSinceEpoch: rawValue >> 16) }

    /// Whether `left` was read before `right` can have been.
    public static func < (left: HybridTimestamp, right: HybridTimestamp) -> Bool { left.rawValue < right.rawValue }
}

extension HybridTimestamp: LosslessStringConvertible {
    /// 16 hexadecimal digits: text order is clock order.
    public var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Reads what `description` writes; nil for anything else.
    public init?(_ description: String) {
        guard description.utf8.count == 16, let value = UInt64(description, radix: 16) else { return nil }
        self.init(rawValue: value)
        guard self.description == description else { return nil }
    }
}

extension HybridTimestamp: Codable {
    /// Reads the 16 digits.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let reading = HybridTimestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "not a hybrid clock reading of 16 hexadecimal digits: \(text)"
            )
        }
        self = reading
    }

    /// Writes the 16 digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
