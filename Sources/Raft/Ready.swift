/// Everything the shell now owes a node, from `RaftNode.takeReady()`. The fields stand in the order in which they must
/// be obeyed; the order is what makes Raft safe on a real disk.
package struct Ready: Equatable, Sendable {
    /// Where that changed: the nodes to be able to send to from now on. What is still under way to others may finish.
    package var peers: [Membership.Member]?
    /// 1. Send at once, beside 2: they promise nothing about this node's disk. A leader's appends are here (Raft
    /// dissertation §10.2.1: the leader writes to its disk in parallel with replicating).
    package var announcements: [Outbound] = []
    /// 2. Make durable, in the order handed out, then step `.persisted(token)`.
    package var persist: Persist?
    /// 3. Send once everything handed out in 2, here **and before**, is durable: votes and acknowledgements promise
    /// just that. Like all RPCs they may be lost, repeated or reordered.
    package var promises: [Outbound] = []
    /// 4. Apply to the state machine, in order. Contiguous with the last range handed out, committed, and on this
    /// node's own disk.
    package var committed: ClosedRange<LogIndex>?
    /// 5. Answer after 4.
    package var settled: [Settlement] = []
    /// Requests that get no answer: their sender is not a member as this node knows the membership.
    package var dropped: [ReplyToken] = []
    /// 6. Step `.deadline` at this time, unless a later `Ready` says otherwise. A `Ready` follows every such step.
    package var deadline: Instant

    package init(deadline: Instant) { self.deadline = deadline }
}

/// An RPC to send.
package enum Outbound: Hashable, Sendable {
    case request(RPCRequest, to: NodeID)
    case reply(RPCReply, to: NodeID, token: ReplyToken)
    /// An append whose entries are no longer in memory: read from the log `from` and up, at least one whole batch and
    /// otherwise no more than the limits allow, put them into `append.entries` (for a witness, without their payloads),
    /// then send. If they cannot be read, step `.undelivered`: until then this peer is sent nothing else.
    case requestFromLog(append: AppendEntries, from: LogIndex, through: LogIndex, to: NodeID)
    /// An `InstallSnapshot` of this term with the state that the log on disk begins with. If it cannot be read, step
    /// `.undelivered`.
    case requestFromBase(term: Term, to: NodeID)
}

/// One write. Parts in the order in which they must reach the disk: the vote before the log, the snapshot and the cut
/// before what stands behind them.
package struct Persist: Equatable, Sendable {
    package var token: PersistToken
    /// Term and vote, as one record.
    package var hardState: HardState?
    /// Keep this state, forget every entry, and go on after it. The state machine becomes this one, before anything of
    /// `Ready.committed` is applied.
    package var install: Snapshot?
    /// Remove every entry above this index first.
    package var truncateAfter: LogIndex?
    /// Contiguous, directly after what the log holds then.
    package var entries: [Entry]

    package init(
        token: PersistToken,
        hardState: HardState? = nil,
        install: Snapshot? = nil,
        truncateAfter: LogIndex? = nil,
        entries: [Entry] = []
    ) {
        self.token = token
        self.hardState = hardState
        self.install = install
        self.truncateAfter = truncateAfter
        self.entries = entries
    }
}

/// How a client's or an operator's request ended.
package enum Settlement: Hashable, Sendable {
    /// The proposal, or the change of membership, is committed and applied here at these indexes; `copies` voters have
    /// it on disk.
    case committed(Ticket, indexes: ClosedRange<LogIndex>, copies: Int)
    /// Nothing was appended anywhere: safe to send again.
    case rejected(Ticket, Rejection)
    /// Appended, but another entry was committed in its place: safe to send again.
    case overwritten(Ticket)
    /// A read is linearizable once `index` is applied.
    case readable(Ticket, LogIndex)
    /// The office is handed over: this voter leads.
    case transferred(Ticket, to: NodeID)

    /// Whose request ended.
    package var ticket: Ticket {
        switch self {
        case .committed(let ticket, _, _), .rejected(let ticket, _), .overwritten(let ticket),
            .readable(let ticket, _), .transferred(let ticket, _):
            ticket
        }
    }
}

/// Why a request was not taken.
package enum Rejection: Error, Hashable, Sendable {
    /// This node does not lead; `leader` does, as far as it knows.
    case notLeader(leader: NodeID?)
    /// This node leads, but fewer than a majority of the voters can be reached.
    case noQuorum
    /// Fewer voters can be reached than the proposal asks copies for.
    case tooFewCopies(atHand: Int)
    /// Too much is proposed and not yet committed.
    case overloaded
    /// This node leads, and is handing over: whoever leads next takes it.
    case transferring
    /// Nobody can take over: the voter named, or every other one, cannot be reached or holds no messages.
    case noSuccessor
    /// The successor did not take over in time; this node leads on.
    case transferTimedOut
    /// The membership is not changed so.
    case change(MembershipChange.Refusal)
    /// This node does not go on alone.
    case promotion(Promotion.Refusal)
}
