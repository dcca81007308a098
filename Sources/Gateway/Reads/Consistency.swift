import Cluster

/// What a client asks of a read.
enum Consistency: String, CaseIterable, Sendable {
    /// Everything that was acknowledged before the read began is in it.
    case linearizable
    /// What the node asked has applied, at once, with or without a primary.
    case stale
}

/// What a read was: the header field `Consistency`.
enum ConsistencyReport: Hashable, Sendable {
    case linearizable
    /// - Parameter age: milliseconds since the node last heard from a primary; nil if it never has.
    case stale(applied: UInt64, age: Int?)

    static func stale(_ status: ReplicaStatus) -> ConsistencyReport {
        .stale(applied: status.appliedIndex, age: status.sinceLeaderContactMilliseconds)
    }

    var fieldValue: String {
        switch self {
        case .linearizable: "linearizable"
        case .stale(let applied, let age): "stale; applied=\(applied)" + (age.map { "; age=\($0)" } ?? "")
        }
    }
}
