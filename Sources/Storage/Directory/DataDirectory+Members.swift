package import Raft

extension DataDirectory {
    /// The members as far as this directory can tell, whatever of it can't be read: those it was founded with, as later
    /// entries changed them. Who was removed may still have copies of what it held.
    package func everyKnownMember() throws(StorageError) -> [Membership.Member] {
        var codings = [identity.formation, base?.membership].compactMap { $0 }
        for index in log.summary.membershipIndexes {
            do throws(StorageError) {
                codings.append(try log.entry(at: index).payload)
            } catch {
                // Damaged, or cut off meanwhile: the others are enough to ask.
                guard !error.isFinal else { throw error }
            }
        }
        var known: [NodeID: Membership.Member] = [:]
        for coding in codings {
            for member in try Self.members(of: coding) { known[member.id] = member }
        }
        return known.values.sorted { $0.id < $1.id }
    }

    private static func members(of coding: [UInt8]) throws(StorageError) -> [Membership.Member] {
        do throws(MembershipCoding.DecodingError) {
            return try MembershipCoding.decode(coding).membership.members
        } catch {
            throw StorageError(.unsupported, "A membership of the cluster can't be read: \(error).")
        }
    }
}
