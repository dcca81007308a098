package import Cluster
package import Messaging
package import Raft

/// What the HTTP face needs of a node's replica. `Replica` documents each of these.
package protocol ReplicaService: Sendable {
    var status: ReplicaStatus { get }
    func measuredStatus() -> ReplicaStatus
    func propose(
        _ payloads: [[UInt8]],
        copies: Int,
        hold: Duration,
        completion: @escaping @Sendable (WriteOutcome) -> Void
    )
    func read(hold: Duration, completion: @escaping @Sendable (ReadOutcome) -> Void)
    func whenApplied(_ index: UInt64, within limit: Duration, completion: @escaping @Sendable (Bool) -> Void)
    func awaitPrimary(
        otherThan former: NodeID?,
        within limit: Duration,
        completion: @escaping @Sendable (Primary?) -> Void
    )
    func changeMembership(_ change: MembershipChange, completion: @escaping @Sendable (MembershipOutcome) -> Void)
    func transferLeadership(to target: NodeID?, completion: @escaping @Sendable (TransferOutcome) -> Void)
    func promote(
        in epoch: UInt64,
        acceptsLoss: Bool,
        completion: @escaping @Sendable (PromotionOutcome) -> Void
    )
    func connectionEnded(with peer: NodeID)
    func connectionRefused(by peer: NodeID)
    func message(id: UInt64, completion: @escaping @Sendable (Result<Message?, ReadFailure>) -> Void)
    func page(_ query: MessageQuery, completion: @escaping @Sendable (Result<MessagePage, ReadFailure>) -> Void)
    func handlePeerRequest(
        path: String,
        body: [UInt8],
        digest: String?,
        respond: @escaping @Sendable (PeerResponse) -> Void
    )
}

extension Replica: ReplicaService {
    package func message(id: UInt64, completion: @escaping @Sendable (Result<Message?, ReadFailure>) -> Void) {
        reader.message(id: id, completion: completion)
    }

    package func page(
        _ query: MessageQuery,
        completion: @escaping @Sendable (Result<MessagePage, ReadFailure>) -> Void
    ) {
        reader.page(query, completion: completion)
    }
}
