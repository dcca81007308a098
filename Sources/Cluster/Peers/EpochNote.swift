import Raft

/// A sender's epoch, in every internal request and answer. Absent while the cluster is as it was formed.
package struct EpochNote: Codable, Hashable, Sendable {
    package var number: UInt64
    /// 16 hexadecimal digits, as of an incarnation.
    package var id: String
    package var parent: String
    package var fork: UInt64

    /// Nil for the first epoch.
    init?(_ epoch: Epoch) {
        guard epoch != .initial else { return nil }
        number = epoch.number
        id = epoch.id.hexadecimal
        parent = epoch.parent.hexadecimal
        fork = epoch.fork.rawValue
    }

    /// Nil where it is none that was ever begun.
    var epoch: Epoch? {
        guard let id = UInt64(id, radix: 16), let parent = UInt64(parent, radix: 16), number > 0 else { return nil }
        return Epoch(number: number, id: id, parent: parent, fork: LogIndex(fork))
    }

    /// Of a request or an answer that may have none.
    static func epoch(_ note: EpochNote?) -> Epoch? { note.map(\.epoch) ?? .initial }
}
