package import Raft

/// The answer to an internal request.
package enum PeerResponse: Sendable {
    /// 200 with this JSON. `sender` is the peer that asked: its connection can be known by that name.
    case answer([UInt8], sender: NodeID)
    /// 400: not a request of this protocol.
    case malformed(String)
    /// 409: this node is not in the cluster that the request names, or does not know its sender.
    case foreign(String)
    /// 503: this node is not ready for it.
    case unavailable(String)
}
