import Cluster
import HTTPServer
import HTTPTypes
import Raft

/// REPLICATE, VOTE and the forming of a cluster: the calls that only peers make.
struct PeerHandler: Sendable {
    let replica: any ReplicaService
    /// The longest a peer is kept waiting, for example by a slow disk.
    let limit: Duration

    func handle(_ call: Call) throws(Problem) {
        let exchange = call.exchange
        try MediaType.requireJSON(exchange.request)
        exchange.park(until: limit) {
            Problem(.timedOut, "The node did not finish in time.").response(instance: nil, outcome: nil)
        }
        let request = exchange.request
        let digest = request.header(ContentDigest.fieldName)
        replica.handlePeerRequest(path: request.path, body: request.body, digest: digest) { response in
            switch response {
            case .answer(let body, let sender):
                exchange.tagConnection(sender.rawValue)
                exchange.respond(
                    Response(
                        status: .ok,
                        headers: [
                            .contentType: MediaType.json, .cacheControl: "no-store",
                            ContentDigest.fieldName: ContentDigest.fieldValue(of: body),
                        ],
                        body: body
                    )
                )
            case .malformed(let reason): exchange.refuse(Problem(.badRequest, reason))
            case .foreign(let reason): exchange.refuse(Problem(.foreignPeer, reason))
            case .unavailable(let reason): exchange.refuse(Problem(.peerNotReady, reason))
            }
        }
    }

    /// A connection tagged with a peer's name has ended.
    func connectionClosed(tag: String) {
        replica.connectionEnded(with: NodeID(tag))
    }
}
