import Messaging
import Raft

/// One request of a client to one machine.
final class ClientCall {
    enum Request {
        case send(payloads: [[UInt8]], copies: Int)
        case read(Consistency)
    }

    enum Consistency: Hashable {
        /// Sees everything acknowledged before it was asked.
        case linearizable
        /// Whatever this machine has applied.
        case stale
        /// The same, once that includes this id.
        case after(UInt64)
    }

    let number: UInt64
    let client: Int
    let operation: Int
    let machine: Int
    let request: Request
    /// How long it may wait for a primary, by the clock of the machine it reached.
    var holdUntil: Instant = .zero
    /// Of its messages, as the primary gave them.
    var stamps: [HybridTimestamp] = []
    /// Of the node that answered.
    var line = 0
    /// It was answered, or nobody waits any more.
    var isOver = false

    init(number: UInt64, client: Int, operation: Int, machine: Int, request: Request) {
        self.number = number
        self.client = client
        self.operation = operation
        self.machine = machine
        self.request = request
    }
}

/// How a call ended.
enum CallOutcome {
    case acknowledged(ids: ClosedRange<UInt64>, stamps: [HybridTimestamp], copies: Int)
    /// Nothing came of it, for sure; `primary` is where to ask instead.
    case notAccepted(primary: Int?)
    case read(ReadResult)
    /// The connection ended before an answer.
    case unknown
}
