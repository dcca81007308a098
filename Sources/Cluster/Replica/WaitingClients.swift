import Messaging
import Raft

/// Clients that wait for something to happen.
struct WaitingClients {
    /// A client's request as the node knows it.
    enum Asked {
        case write(ClientWrite, stamps: [HybridTimestamp])
        case read(ClientRead)
    }

    /// Given to the node, not settled yet.
    var asked: [Ticket: Asked] = [:]
    /// Held until a primary is known.
    var heldWrites: [ClientWrite] = []
    var heldReads: [ClientRead] = []
    var applied: [AppliedWaiter] = []
    var primary: [PrimaryWaiter] = []

    private var lastTicket: UInt64 = 0

    mutating func ticket() -> Ticket {
        lastTicket += 1
        return Ticket(lastTicket)
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
