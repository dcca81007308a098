import Messaging
import Raft

// Reads that see everything acknowledged before them. Every node with messages serves them: the primary after a round
// of heartbeats, the others once the primary has told them how far they must see.
extension ReplicaLoop {
    mutating func ask(_ read: ClientRead) {
        guard node.role == .leader || mayReadHere else { return wait(for: read) }
        let ticket = clients.ask(.read(read), now: now)
        node.step(.read(ticket), now: now)
    }

    /// Whether this node follows a primary and holds messages.
    private var mayReadHere: Bool { otherPrimary != nil && !isWitness }

    private var isWitness: Bool { node.membership[configuration.id]?.kind == .witness }

    /// A read that this node can't serve now.
    mutating func wait(for read: ClientRead) {
        if isWitness, let primary = otherPrimary {
            read.completion(.notAccepted(.notPrimary(primary)))
        } else if let reason = reasonNotToHold(until: read.holdUntil) {
            read.completion(.notAccepted(reason))
        } else {
            clients.heldReads.append(read)
        }
    }

    /// Whether a read may be answered: what it must see is here, or so far away that the primary is the better one to
    /// ask.
    func isDecided(readableFrom index: LogIndex) -> Bool {
        index.rawValue <= broker.appliedIndex || (isFar(from: index) && otherPrimary != nil)
    }

    /// More than can be applied in a turn: this node has only just started, or does not keep up.
    private func isFar(from index: LogIndex) -> Bool {
        index.rawValue > broker.appliedIndex + UInt64(Self.appliedPerTurnMax)
    }

    mutating func serve(_ read: ClientRead, through index: LogIndex) {
        if index.rawValue <= broker.appliedIndex {
            read.completion(.readable(through: broker.appliedIndex))
        } else {
            read.completion(.notAccepted(otherPrimary.map(NotAccepted.notPrimary) ?? .noPrimary))
        }
    }
}
