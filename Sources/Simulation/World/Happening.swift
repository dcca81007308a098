import Messaging
import Raft

/// One event of a simulated world. Machines and clients go by their numbers; a boot tells one process from the next on
/// the same machine.
enum Happening {
    /// A process looks at what arrived.
    case turn(machine: Int, boot: Int)
    /// A process's deadline may have come.
    case wake(machine: Int, boot: Int)
    /// The write under way ends, or a full disk is looked at again, or the log is sealed.
    case writer(machine: Int, boot: Int, call: Int)
    /// Entries for a peer that lags have been read.
    case logRead(machine: Int, boot: Int, LogRead)
    /// The state that a log goes on from has been read, for a peer that needs what was removed.
    case baseRead(machine: Int, boot: Int, term: Term, peer: NodeID, epoch: Epoch)
    /// A process keeps its log readable.
    case keeper(machine: Int, boot: Int, call: Int)
    /// How often a peer was started is written down.
    case bootNote(machine: Int, boot: Int, BootNote)
    /// A process that ended by itself is started again.
    case restart(machine: Int, boot: Int)
    /// A connection to the leader ended: its machine is asked whether anybody listens.
    case probe(machine: Int, boot: Int, leader: Int)
    case requestArrives(Parcel)
    case answerArrives(Parcel, Answer)
    /// The oldest request of a lane may have been away for too long.
    case laneTimeout(from: Int, boot: Int, to: Int, lane: RPCRequest.Lane)
    case clientActs(Int)
    case callArrives(ClientCall)
    case callAnswered(ClientCall, CallOutcome)
    case callExpires(ClientCall)
    case errand(Int)
    /// An operator asks a node to go on alone.
    case promotion(SimulatedPromotion)
    case administrationArrives(AdministrationCall)
    case administrationAnswered(AdministrationCall, AdministrationOutcome)
    case administrationExpires(AdministrationCall)
    case fault(Int)
    /// The faults end.
    case heal
    /// What was under way then has arrived: do the machines that were left suffice?
    case settleCore
    /// After that: is all well again?
    case inspect
    case inspectApart
}

/// How a request ended for the machine that sent it.
enum Answer {
    case reply(RPCReply, from: MemberIdentity, epoch: Epoch, hlc: HybridTimestamp, boot: UInt64)
    /// It does not hear the sender, for it is of this epoch.
    case otherEpoch(Epoch, from: MemberIdentity)
    /// It does not hear the sender, for that was removed.
    case removed(by: MemberIdentity)
    /// It says that it can't serve this.
    case unserved
    /// Nobody listens there.
    case refused
}

/// Entries on their way from the log to a peer that lags.
struct LogRead {
    var append: AppendEntries
    var from: LogIndex
    var through: LogIndex
    var peer: NodeID
    /// The node's, when it asked for them.
    var epoch: Epoch
    /// The peer was a witness then.
    var withoutPayloads: Bool
}
