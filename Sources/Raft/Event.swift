/// One thing that happened to a node. Fed to `RaftNode.step(_:now:)`.
package enum Event: Hashable, Sendable {
    /// A member asked. The answer carries `token`; every request gets exactly one answer, unless its sender is not a
    /// member as we know it: then it is dropped and `Ready.dropped` says so.
    case request(RPCRequest, from: MemberIdentity, epoch: Epoch = .initial, token: ReplyToken)
    /// A member answered.
    case reply(RPCReply, from: MemberIdentity, epoch: Epoch = .initial)
    /// A member did not hear this node, for it is of this epoch.
    case otherEpoch(Epoch, from: MemberIdentity)
    /// A member did not hear this node, for it was removed.
    case removed(by: MemberIdentity)
    /// A request did not arrive, or its answer did not: nothing is known about it.
    case undelivered(to: NodeID, lane: RPCRequest.Lane)
    /// The machine of `NodeID` answered that nobody listens there.
    case refused(NodeID)
    /// A client asks for entries to be appended.
    case propose(Proposal)
    /// A client asks from which index on a read sees everything that was acknowledged before it.
    case read(Ticket)
    /// An operator asks the leader to hand over: to this voter; nil for whichever lacks least.
    case transferLeadership(Ticket, to: NodeID?)
    /// An operator asks the leader for another membership.
    case changeMembership(Ticket, MembershipChange)
    /// An operator lets this node go on alone.
    case promote(Ticket, Promotion)
    /// Everything handed out by `Ready.persist` up to and including this token is on disk.
    case persisted(PersistToken)
    /// A state of everything up to and including this entry, which was applied and ends a batch, is on disk: the
    /// entries need not be kept any longer.
    case trimmed(through: EntryID, chain: ChainValue)
    /// This node's disk can't give back some of the entries that were on it, of which this is the last; nil: it can
    /// again.
    case damaged(through: LogIndex?)
    /// Campaign now: the first voter of a fresh cluster.
    case campaign
    /// The time in `Ready.deadline` has come.
    case deadline
}

/// Ties a client's request to its settlement. Chosen by the shell, given back unchanged.
package struct Ticket: Hashable, Sendable {
    package var rawValue: UInt64

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// Numbers the writes a node asks for, from 1, without gaps.
package struct PersistToken: Hashable, Comparable, Sendable {
    package var rawValue: UInt64

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    package static func < (left: PersistToken, right: PersistToken) -> Bool { left.rawValue < right.rawValue }
}

/// Entries a client wants appended: all of them or none, with contiguous indexes.
package struct Proposal: Hashable, Sendable {
    package var ticket: Ticket
    /// One payload an entry; at least one.
    package var payloads: [[UInt8]]
    /// Settle only when this many voters have it on disk; a smaller number than a majority changes nothing.
    package var copies: Int

    package init(ticket: Ticket, payloads: [[UInt8]], copies: Int = 1) {
        self.ticket = ticket
        self.payloads = payloads
        self.copies = copies
    }
}
