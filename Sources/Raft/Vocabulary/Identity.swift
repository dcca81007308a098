/// The name an operator gave a node, unique in its cluster: `a`, `b`, `w`.
package struct NodeID: Hashable, Comparable, Sendable {
    package var rawValue: String

    package init(_ rawValue: String) { self.rawValue = rawValue }

    package static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
}

extension NodeID: CustomStringConvertible, ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { rawValue = value }
    package var description: String { rawValue }
}

/// A random number drawn when a data directory is made. The same name with another incarnation is another member:
/// it has lost what the first one promised.
package struct Incarnation: Hashable, Sendable {
    package var rawValue: UInt64

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

extension Incarnation: CustomStringConvertible, ExpressibleByIntegerLiteral {
    package init(integerLiteral value: UInt64) { rawValue = value }
    package var description: String { "\(rawValue)" }
}

/// Who sent an RPC: a name and the incarnation that speaks for it.
package struct MemberIdentity: Hashable, Sendable {
    package var id: NodeID
    package var incarnation: Incarnation

    package init(id: NodeID, incarnation: Incarnation) {
        self.id = id
        self.incarnation = incarnation
    }
}

/// 128 random bits drawn when a cluster forms. Nodes of different clusters never talk.
package struct ClusterID: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension ClusterID: CustomStringConvertible {
    /// 32 hexadecimal digits.
    package var description: String { high.hexadecimal + low.hexadecimal }

    /// Reads what `description` writes; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 32, text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }
}
