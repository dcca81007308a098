import DequeModule
import Messaging
import Raft

/// Clients that wait for something to happen.
struct WaitingClients {
    /// A client's request as the node knows it.
    enum Asked {
        case write(ClientWrite, stamps: [HybridTimestamp])
        case read(ClientRead)
        case transfer(@Sendable (TransferOutcome) -> Void)
        case change(@Sendable (MembershipOutcome) -> Void)
        case promote(@Sendable (PromotionOutcome) -> Void, mayLackAfter: LogIndex?)
    }

    /// Given to the node, not settled yet.
    private(set) var asked: [Ticket: Asked] = [:]
    /// Given to the node in this turn: it may still give them back.
    private var fresh: [Ticket] = []
    /// When nobody waits for the outcome any more, oldest first.
    private var expiries: Deque<(ticket: Ticket, at: Instant)> = []
    /// Held until a primary is known.
    var heldWrites: [ClientWrite] = []
    var heldReads: [ClientRead] = []
    var applied: [AppliedWaiter] = []
    var primary: [PrimaryWaiter] = []

    private var lastTicket: UInt64 = 0

    /// Longer than any client waits for an outcome.
    private static let patience = Duration.seconds(120)

    mutating func ask(_ asked: Asked, now: Instant) -> Ticket {
        lastTicket += 1
        let ticket = Ticket(lastTicket)
        self.asked[ticket] = asked
        fresh.append(ticket)
        expiries.append((ticket, now + Self.patience))
        return ticket
    }

    mutating func take(_ ticket: Ticket) -> Asked? {
        asked.removeValue(forKey: ticket)
    }

    func isWaiting(_ ticket: Ticket) -> Bool { asked[ticket] != nil }

    /// What the node has kept over a turn it won't give back: the payloads are in its log, and outcomes that never came
    /// are given up.
    mutating func forgetPayloads(now: Instant) {
        for ticket in fresh {
            guard case .write(var write, let stamps) = asked[ticket] else { continue }
            write.payloads = []
            asked[ticket] = .write(write, stamps: stamps)
        }
        fresh.removeAll(keepingCapacity: true)
        while let first = expiries.first, first.at <= now || asked[first.ticket] == nil {
            asked[first.ticket] = nil
            expiries.removeFirst()
        }
    }

    var heldCount: Int { heldWrites.count + heldReads.count }

    /// When the first of them has waited long enough.
    var nextDeadline: Instant? {
        var next: Instant?
        func consider(_ deadline: Instant) { next = min(next ?? deadline, deadline) }
        for write in heldWrites { consider(write.holdUntil) }
        for read in heldReads { consider(read.holdUntil) }
        for waiter in applied { consider(waiter.until) }
        for waiter in primary { consider(waiter.until) }
        return next
    }
}
