/// A place in the replicated log. The first entry has index 1; zero is the place before it.
package struct LogIndex: Hashable, Comparable, Sendable {
    package var rawValue: UInt64

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    package static let zero = LogIndex(0)

    package var next: LogIndex { LogIndex(rawValue + 1) }

    /// The place before this one. Only valid above zero.
    package var previous: LogIndex {
        precondition(rawValue > 0, "index 0 has no place before it")
        return LogIndex(rawValue - 1)
    }

    package static func < (left: LogIndex, right: LogIndex) -> Bool { left.rawValue < right.rawValue }
}

extension LogIndex: CustomStringConvertible, ExpressibleByIntegerLiteral, Strideable {
    package init(integerLiteral value: UInt64) { rawValue = value }
    package var description: String { "\(rawValue)" }
    package func distance(to other: LogIndex) -> Int { Int(bitPattern: UInt(other.rawValue &- rawValue)) }
    package func advanced(by places: Int) -> LogIndex { LogIndex(rawValue &+ UInt64(bitPattern: Int64(places))) }
}
