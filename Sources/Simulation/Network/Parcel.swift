import Messaging
import Raft

/// A request on its way from one process to another, as its sender sent it.
final class Parcel {
    let number: UInt64
    let from: Int
    let fromBoot: Int
    let to: Int
    let sender: MemberIdentity
    /// Whom it is meant for: another node at the same address does not hear it.
    let receiver: MemberIdentity
    /// The sender's.
    let epoch: Epoch
    /// How often the sender was started, and the receiver as far as the sender knows.
    let boots: (sender: UInt64, receiver: UInt64)
    let request: RPCRequest
    let hlc: HybridTimestamp

    init(
        number: UInt64,
        from: Int,
        fromBoot: Int,
        to: Int,
        sender: MemberIdentity,
        receiver: MemberIdentity,
        epoch: Epoch,
        boots: (sender: UInt64, receiver: UInt64),
        request: RPCRequest,
        hlc: HybridTimestamp
    ) {
        self.number = number
        self.from = from
        self.fromBoot = fromBoot
        self.to = to
        self.sender = sender
        self.receiver = receiver
        self.epoch = epoch
        self.boots = boots
        self.request = request
        self.hlc = hlc
    }

    var lane: RPCRequest.Lane { request.lane }
}
