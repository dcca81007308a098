/// A term of office: a stretch of logical time with at most one leader (Raft §5.1). Zero is before the first election.
package struct Term: Hashable, Comparable, Sendable {
    package var rawValue: UInt64

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    package static let zero = Term(0)

    package var next: Term { Term(rawValue + 1) }

    package static func < (left: Term, right: Term) -> Bool { left.rawValue < right.rawValue }
}

extension Term: CustomStringConvertible, ExpressibleByIntegerLiteral {
    package init(integerLiteral value: UInt64) { rawValue = value }
    package var description: String { "\(rawValue)" }
}
