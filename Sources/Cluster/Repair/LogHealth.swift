package import Raft

/// Whether a node can read its whole log.
package struct LogHealth: Hashable, Sendable {
    /// Entries that can't be read, lowest first.
    package var lost: [ClosedRange<LogIndex>] = []
    /// Why they were not put back yet.
    package var reasons: [String] = []
    /// How many entries were put back since the start.
    package var repaired: UInt64 = 0
    /// How often the whole log was read since the start, to see whether it can be.
    package var scrubs: UInt64 = 0

    package init() {}

    package var isWhole: Bool { lost.isEmpty }

    private static let advice =
        "Bring a member back that has them: it is asked without your doing. If nobody will ever have them, and the "
        + "others have a primary, set this node's data directory aside and start it with an empty one and --join URL "
        + "--rejoin. Else put back a copy of the damaged files, if you have one."

    /// As an operator is told; nil where there is none.
    var problem: ReplicaStatus.Problem? {
        guard !isWhole else { return nil }
        let entries = lost.prefix(3).map { "\($0.lowerBound)...\($0.upperBound)" }.joined(separator: ", ")
        let more = lost.count > 3 ? " and others" : ""
        let why =
            reasons.isEmpty
            ? "Copies are being fetched." : "No copies yet: " + reasons.joined(separator: "; ") + ". " + Self.advice
        return ReplicaStatus.Problem(
            name: .repairing,
            detail: "Entries \(entries)\(more) of this node's log are damaged on its disk. \(why)"
        )
    }
}
