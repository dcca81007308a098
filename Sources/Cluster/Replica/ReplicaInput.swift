import Messaging
import Raft

/// Everything that reaches the replica's thread.
enum ReplicaInput: Sendable {
    case write(ClientWrite)
    case read(ClientRead)
    case transfer(to: NodeID?, completion: @Sendable (TransferOutcome) -> Void)
    case change(MembershipChange, completion: @Sendable (MembershipOutcome) -> Void)
    case promote(Promotion, completion: @Sendable (PromotionOutcome) -> Void)
    case whenApplied(AppliedWaiter)
    case awaitPrimary(PrimaryWaiter)
    case peerRequest(PeerRequest)
    case peerReport(PeerLink.Report)
    case connectionRefused(NodeID)
    case writerReport(LogWriter.Report)
    case keeperReport(LogKeeper.Report)
    case formed(FormedCluster)
    case formationProblems([ReplicaStatus.Problem])
    case stop
}

/// A client's write on its way to a primary.
struct ClientWrite: Sendable {
    var payloads: [[UInt8]]
    var copies: Int
    /// How long it may wait for a primary.
    var holdUntil: Instant
    var completion: @Sendable (WriteOutcome) -> Void
}

/// A client's linearizable read on its way to a primary.
struct ClientRead: Sendable {
    /// How long it may wait for a primary.
    var holdUntil: Instant
    var completion: @Sendable (ReadOutcome) -> Void
}

/// Somebody waits until an entry is applied here.
struct AppliedWaiter: Sendable {
    var index: UInt64
    var until: Instant
    var completion: @Sendable (Bool) -> Void
}

/// Somebody waits for a primary other than one that failed.
struct PrimaryWaiter: Sendable {
    var former: NodeID?
    var until: Instant
    var completion: @Sendable (Primary?) -> Void
}

/// An RPC from a peer, to be answered once.
struct PeerRequest: Sendable {
    var request: RPCRequest
    var from: MemberIdentity
    /// How often its sender was started, and this node as far as the sender knows.
    var boot: UInt64
    var knownBoot: UInt64
    var epoch: Epoch
    var hlc: HybridTimestamp
    /// In heartbeats and votes.
    var clock: PeerClock?
    /// When it arrived, in microseconds since 1970.
    var received: Int64
    var respond: @Sendable (PeerResponse) -> Void
}

/// A cluster this node belongs to: what the replica needs to start.
struct FormedCluster: Sendable {
    var cluster: ClusterID
    /// This node is the one that formed it just now: it campaigns at once.
    var campaignsAtOnce: Bool
}
