package import Raft
import Synchronization

/// What a log says of who belongs to the cluster, by the entries that say it. Kept in memory too, because asking others
/// for such an entry takes knowing them.
struct LoggedMemberships: Hashable, Sendable {
    private var payloads: [LogIndex: [UInt8]] = [:]

    init() {}

    /// Reads what can be read of them; the rest is noted as damage.
    init(_ log: SegmentedLog) throws(StorageError) {
        for index in log.summary.membershipIndexes {
            do throws(StorageError) {
                add([try log.entry(at: index)])
            } catch {
                guard error.isDamage else { throw error }
            }
        }
    }

    /// Oldest first.
    var codings: [[UInt8]] { payloads.sorted { $0.key < $1.key }.map(\.value) }

    mutating func add(_ entries: some Sequence<Entry>) {
        for entry in entries where entry.kind == .membership { payloads[entry.index] = entry.payload }
    }

    mutating func truncate(after index: LogIndex) { payloads = payloads.filter { $0.key <= index } }

    mutating func trim(through index: LogIndex) { payloads = payloads.filter { $0.key > index } }
}

extension DataDirectory {
    /// The members as far as this node can tell, whatever of its log can't be read any more: those it has taken notes
    /// of, and those the cluster was founded with, as later entries changed them. Who was removed may still have copies
    /// of what it held. Sorted by name.
    package func everyKnownMember() throws(StorageError) -> [Membership.Member] {
        let (identity, base, notes, logged) = published.withLock { published in
            (published.identity, published.base, published.peerBoots, published.memberships)
        }
        var known: [MemberIdentity: Membership.Member] = [:]
        for member in notes.compactMap(\.member) { known[member.identity] = member }
        for coding in [identity.formation, base?.membership].compactMap({ $0 }) + logged.codings {
            for member in try Self.members(of: coding) { known[member.identity] = member }
        }
        return known.values.sorted { ($0.id, $0.incarnation.rawValue) < ($1.id, $1.incarnation.rawValue) }
    }

    private static func members(of coding: [UInt8]) throws(StorageError) -> [Membership.Member] {
        do throws(MembershipCoding.DecodingError) {
            return try MembershipCoding.decode(coding).membership.members
        } catch {
            throw StorageError(.unsupported, "A membership of the cluster can't be read: \(error).")
        }
    }
}
