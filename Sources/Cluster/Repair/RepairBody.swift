package import FoundationEssentials
import Raft

/// The content of `POST /repair`: a node can't read these entries of its own log, and asks for copies.
package struct RepairBody: Codable, Sendable {
    package var first: UInt64
    package var last: UInt64

    init(_ range: ClosedRange<LogIndex>) {
        first = range.lowerBound.rawValue
        last = range.upperBound.rawValue
    }

    /// The entries asked for; nil where they can't be any.
    var range: ClosedRange<LogIndex>? {
        first >= 1 && first <= last ? LogIndex(first)...LogIndex(last) : nil
    }
}

/// The content of the answer to `POST /repair`.
package struct RepairReplyBody: Codable, Sendable {
    /// `EntryCoding`, in base64: from the first one asked for, as many as fit; none where that one is not at hand.
    package var entries: Data
    /// What the log asked holds: everything after `base`, through `last`.
    package var base: UInt64
    package var last: UInt64
}
