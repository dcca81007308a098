package import Messaging
import Raft

/// What every internal request carries besides its own content: who speaks, to whom, in which cluster.
package struct PeerEnvelope<Body: Codable & Sendable>: Codable, Sendable {
    package var cluster: String
    package var from: PeerName
    /// Whom the sender means: whoever has lost its disk and answers under the same name is another.
    package var to: PeerName
    package var epoch: EpochNote?
    /// How often the sender was started.
    package var boot: UInt64 = 0
    /// How often the receiver was, as far as the sender knows.
    package var knownBoot: UInt64 = 0
    /// The sender's hybrid logical clock: at least that of everything it has stamped.
    package var hlc: HybridTimestamp
    /// In heartbeats and votes.
    package var clock: PeerClock?
    package var body: Body
}

/// Whom an internal request is for, whatever its content is.
struct PeerAddress: Decodable {
    var cluster: String
    var to: PeerName
}

/// What every internal answer carries besides its own content.
package struct PeerAnswer<Body: Codable & Sendable>: Codable, Sendable {
    package var from: PeerName
    package var epoch: EpochNote?
    /// How often the sender was started.
    package var boot: UInt64 = 0
    package var hlc: HybridTimestamp
    /// The sender's disk has no room for client writes.
    package var diskFull: Bool
    /// Where the request had `clock`.
    package var clock: PeerClock.Answer?
    /// The request is not heard, because its sender was removed.
    package var removed: Bool?
    /// Absent where the request is not heard, for that reason or because its sender is of another epoch.
    package var body: Body?
}

/// A member's name and incarnation.
package struct PeerName: Codable, Hashable, Sendable {
    package var id: String
    /// 16 hexadecimal digits.
    package var incarnation: String

    init(_ identity: MemberIdentity) {
        id = identity.id.rawValue
        incarnation = identity.incarnation.rawValue.hexadecimal
    }

    var identity: MemberIdentity? {
        guard let incarnation = UInt64(incarnation, radix: 16) else { return nil }
        return MemberIdentity(id: NodeID(id), incarnation: Incarnation(incarnation))
    }
}
