package import FoundationEssentials
import Raft

/// The content of `POST /snapshot`: the state that the primary's log begins with.
package struct SnapshotBody: Codable, Sendable {
    package var term: UInt64
    package var lastTerm: UInt64
    package var lastIndex: UInt64
    package var chain: UInt32
    /// `MembershipCoding`, in base64.
    package var membership: Data
    /// The state machine's own coding, in base64.
    package var state: Data

    init(_ request: InstallSnapshot, cluster: ClusterID) {
        let snapshot = request.snapshot
        term = request.term.rawValue
        lastTerm = snapshot.last.term.rawValue
        lastIndex = snapshot.last.index.rawValue
        chain = snapshot.chain.rawValue
        membership = Data(MembershipCoding.encode(snapshot.membership, cluster: cluster))
        state = Data(snapshot.state)
    }

    /// The request this is, or nil if it is none.
    var request: RPCRequest? {
        guard let decoded = try? MembershipCoding.decode(Array(membership)) else { return nil }
        let snapshot = Snapshot(
            last: EntryID(term: Term(lastTerm), index: LogIndex(lastIndex)),
            chain: ChainValue(chain),
            membership: decoded.membership,
            state: Array(state)
        )
        return .installSnapshot(InstallSnapshot(term: Term(term), snapshot: snapshot))
    }
}

/// The content of the answer to `POST /snapshot`.
package struct SnapshotReplyBody: Codable, Sendable {
    package var term: UInt64
    /// Everything up to here is on disk, or folded into the state that is.
    package var match: UInt64

    init(_ reply: InstallSnapshot.Reply) {
        term = reply.term.rawValue
        match = reply.match.rawValue
    }

    var reply: RPCReply { .installSnapshot(InstallSnapshot.Reply(term: Term(term), match: LogIndex(match))) }
}
