/// A server's counters at one moment. Totals only grow; "now" values go up and down.
package struct HTTPServerMetrics: Equatable, Sendable {
    package enum LoopKind: String, CaseIterable, Sendable {
        case writes, streams, peers
    }

    package struct Loop: Equatable, Sendable {
        package var kind: LoopKind
        /// Open now.
        package var connections = 0
        package var connectionsTotal = 0
        package var requestsTotal = 0
        /// Suspended now: requests waiting for an answer, streams with nothing to send.
        package var parked = 0
        /// Connections taken up again because an answer, a deadline or a hang-up came.
        package var resumesTotal = 0
        /// Peers that went away while their request was parked.
        package var hangUpsTotal = 0
        package var bodyBytesInTotal = 0
        package var bodyBytesOutTotal = 0
    }

    /// One element a thread.
    package var loops: [Loop]
    /// Open now, on all loops, and those that have not yet sent a request.
    package var connections: Int
    /// Accepted, but without a request yet.
    package var connectionsWaiting: Int
    /// Bytes of request bodies being received now.
    package var bodyBytesInFlight: Int
    /// Connections dropped for want of a file descriptor.
    package var descriptorShortagesTotal: Int
    /// By ``Refusal/name``.
    package var refusalsTotal: [String: Int]

    /// Of all loops of this kind together.
    package func sum(_ value: KeyPath<Loop, Int>, of kind: LoopKind? = nil) -> Int {
        loops.lazy.filter { kind == nil || $0.kind == kind }.reduce(0) { $0 + $1[keyPath: value] }
    }
}
