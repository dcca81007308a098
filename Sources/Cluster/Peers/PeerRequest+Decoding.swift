import Messaging
import Raft

extension PeerRequest {
    /// Why an internal request is not passed on.
    struct Refusal: Error {
        var response: PeerResponse
    }

    /// Who receives: a request for anybody else is refused, so that a node with a wrong URL can do no harm.
    struct Receiver: Sendable {
        var cluster: ClusterID
        var member: MemberIdentity
    }

    /// Reads the body of a request to any of the paths that carry an RPC.
    static func decode(
        path: String,
        body: [UInt8],
        receiver: Receiver,
        received: Int64,
        respond: @escaping @Sendable (PeerResponse) -> Void
    ) -> Result<PeerRequest, Refusal> {
        do {
            switch path {
            case PeerPath.replicate:
                let envelope = try PeerJSON.decode(PeerEnvelope<ReplicateBody>.self, from: body)
                guard let request = envelope.body.request else {
                    return .failure(Refusal(response: .malformed("neither entries nor a heartbeat")))
                }
                return passOn(envelope, request, receiver, received, respond)
            case PeerPath.vote:
                let envelope = try PeerJSON.decode(PeerEnvelope<VoteBody>.self, from: body)
                return passOn(envelope, envelope.body.request, receiver, received, respond)
            case PeerPath.readIndex:
                let envelope = try PeerJSON.decode(PeerEnvelope<ReadIndexBody>.self, from: body)
                return passOn(envelope, envelope.body.request, receiver, received, respond)
            case PeerPath.takeOver:
                let envelope = try PeerJSON.decode(PeerEnvelope<TakeOverBody>.self, from: body)
                return passOn(envelope, envelope.body.request, receiver, received, respond)
            case PeerPath.snapshot:
                let envelope = try PeerJSON.decode(PeerEnvelope<SnapshotBody>.self, from: body)
                guard let request = envelope.body.request else {
                    return .failure(Refusal(response: .malformed("the membership can't be read")))
                }
                return passOn(envelope, request, receiver, received, respond)
            default:
                return .failure(Refusal(response: .malformed("\(path) is not an internal path")))
            }
        } catch {
            return .failure(Refusal(response: .malformed("not an internal request: \(error)")))
        }
    }

    private static func passOn<Body>(
        _ envelope: PeerEnvelope<Body>,
        _ request: RPCRequest,
        _ receiver: Receiver,
        _ received: Int64,
        _ respond: @escaping @Sendable (PeerResponse) -> Void
    ) -> Result<PeerRequest, Refusal> {
        if let refusal = refusal(of: envelope, receiver) { return .failure(refusal) }
        guard let from = envelope.from.identity else {
            return .failure(Refusal(response: .malformed("an incarnation has up to 16 hexadecimal digits")))
        }
        guard let epoch = EpochNote.epoch(envelope.epoch) else {
            return .failure(Refusal(response: .malformed("no such epoch can be")))
        }
        return .success(
            PeerRequest(
                request: request,
                from: from,
                boot: envelope.boot,
                knownBoot: envelope.knownBoot,
                epoch: epoch,
                hlc: envelope.hlc,
                clock: envelope.clock,
                received: received,
                respond: respond
            )
        )
    }

    /// Why a request is not for this node; nil where it is.
    static func refusal<Body>(of envelope: PeerEnvelope<Body>, _ receiver: Receiver) -> Refusal? {
        guard envelope.cluster == receiver.cluster.description else {
            return Refusal(response: .foreign("this node belongs to cluster \(receiver.cluster)"))
        }
        guard let to = envelope.to.identity else {
            return Refusal(response: .malformed("an incarnation has up to 16 hexadecimal digits"))
        }
        guard to == receiver.member else {
            let (here, there) = (PeerName(receiver.member), envelope.to)
            return Refusal(
                response: .foreign(
                    "this node is \(here.id) (\(here.incarnation)), not \(there.id) (\(there.incarnation))"
                )
            )
        }
        return nil
    }
}
