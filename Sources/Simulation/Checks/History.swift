package import Messaging
import Raft

/// What clients asked and what they were told, in one order of time.
package struct History: Hashable, Sendable {
    package private(set) var operations: [ClientOperation] = []
    /// Counts beginnings and ends: the order in which they were seen from outside.
    private var moment = 0

    package init() {}

    package mutating func begin(_ kind: ClientOperation.Kind, client: Int) -> Int {
        moment += 1
        operations.append(ClientOperation(client: client, kind: kind, begun: moment))
        return operations.count - 1
    }

    /// - Parameter line: of the node that answered.
    package mutating func end(_ operation: Int, _ outcome: ClientOperation.Outcome, line: Int = 0) {
        precondition(operations[operation].ended == nil, "operation \(operation) ended before")
        moment += 1
        operations[operation].ended = moment
        operations[operation].outcome = outcome
        operations[operation].line = line
    }

    /// What can be judged by the log of one line. Of what was acknowledged elsewhere, that is what both have; the rest
    /// may be there or not.
    ///
    /// - Parameter shared: up to where another line's log is the same.
    /// - Parameter isRefused: whether what was refused in another line must not be in this one.
    func judged(by line: Int, shared: [UInt64], isRefused: [Bool]) -> History {
        var judged = self
        for number in operations.indices where operations[number].line != line {
            let other = operations[number].line
            let isKnown =
                switch operations[number].outcome {
                case .acknowledged(let ids, _): ids.upperBound <= shared[other]
                case .notAccepted: isRefused[other]
                case .read, .unknown: false
                }
            if !isKnown { judged.operations[number].outcome = .unknown }
        }
        return judged
    }
}

/// One thing a client did.
package struct ClientOperation: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// So many messages, as one batch.
        case send(count: Int)
        /// Must see everything acknowledged before.
        case linearizableRead
        /// A prefix of the log, however old; but not older than up to this id.
        case prefixRead(least: UInt64)
    }

    package enum Outcome: Hashable, Sendable {
        case acknowledged(ids: ClosedRange<UInt64>, stamps: [HybridTimestamp])
        /// Nothing was stored.
        case notAccepted
        case read(ReadResult)
        /// It may have been stored.
        case unknown
    }

    package var client: Int
    package var kind: Kind
    package var begun: Int
    package var ended: Int?
    package var outcome = Outcome.unknown
    /// Who answered: nodes of different epochs may know of different logs.
    package var line = 0

    package init(client: Int, kind: Kind, begun: Int) {
        self.client = client
        self.kind = kind
        self.begun = begun
    }
}

/// What a read gave: every message with `after < id ≤ through`.
package struct ReadResult: Hashable, Sendable {
    package var after: UInt64
    package var through: UInt64
    package var messages: [RecordedMessage]

    package init(after: UInt64, through: UInt64, messages: [RecordedMessage]) {
        self.after = after
        self.through = through
        self.messages = messages
    }
}

/// A message as it stands in the log: whose operation it came from, and its place in that.
package struct RecordedMessage: Hashable, Sendable {
    package var id: UInt64
    package var operation: Int
    package var place: Int
    package var stamp: HybridTimestamp

    package init(id: UInt64, operation: Int, place: Int, stamp: HybridTimestamp) {
        self.id = id
        self.operation = operation
        self.place = place
        self.stamp = stamp
    }

    /// Nil for an entry that is no message of a simulated client.
    init?(_ entry: Entry) {
        guard entry.kind == .command, case .message(let draft, let hlc)? = try? Command(payload: entry.payload),
            let name = Self.parse(draft.content)
        else { return nil }
        self.init(id: entry.index.rawValue, operation: name.operation, place: name.place, stamp: hlc)
    }

    /// The content of a message: says which one it is, and fills up to a length.
    static func content(operation: Int, place: Int, bytes: Int) -> String {
        let name = "\(operation)/\(place)/"
        return name + String(repeating: "x", count: max(0, bytes - name.utf8.count))
    }

    private static func parse(_ content: String) -> (operation: Int, place: Int)? {
        let parts = content.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let operation = Int(parts[0]), let place = Int(parts[1]) else { return nil }
        return (operation, place)
    }
}
