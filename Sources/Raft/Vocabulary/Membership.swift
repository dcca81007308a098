/// Who belongs to the cluster. Sorted by name, so that equal memberships are equal values and iteration has one order.
package struct Membership: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        /// Raw values are part of the disk and wire formats.
        package enum Kind: UInt8, Sendable {
            /// Holds messages and votes.
            case voter = 0
            /// Holds messages, does not vote.
            case learner = 1
            /// Votes, holds no messages.
            case witness = 2
        }

        package var id: NodeID
        package var kind: Kind
        package var incarnation: Incarnation
        /// Where its peers and clients reach it, for example `http://127.0.0.1:12345`.
        package var url: String

        package init(id: NodeID, kind: Kind, incarnation: Incarnation, url: String) {
            self.id = id
            self.kind = kind
            self.incarnation = incarnation
            self.url = url
        }
    }

    package let members: [Member]

    /// Members in any order; names must differ.
    package init(_ members: [Member]) {
        self.members = members.sorted { $0.id < $1.id }
        for (member, next) in zip(self.members, self.members.dropFirst()) {
            precondition(member.id != next.id, "member \(member.id) is listed twice")
        }
    }

    package static let empty = Membership([])

    package subscript(id: NodeID) -> Member? { members.first { $0.id == id } }

    /// Those whose votes and acknowledgements count.
    package var voters: [Member] { members.filter { $0.kind != .learner } }

    /// How many votes or acknowledgements make a majority.
    package var quorum: Int { voters.count / 2 + 1 }

    /// Whether an RPC from `sender` is from a member as this membership knows it.
    package func recognises(_ sender: MemberIdentity) -> Bool {
        self[sender.id]?.incarnation == sender.incarnation
    }
}
