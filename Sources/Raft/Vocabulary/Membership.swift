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

        package var identity: MemberIdentity { MemberIdentity(id: id, incarnation: incarnation) }
    }

    package let members: [Member]
    package let epoch: Epoch
    /// Learners that voted before the epoch began: they become voters again by themselves. Sorted by name.
    package let returning: [NodeID]

    /// Members in any order; names must differ. Of those that return, only learners are kept.
    package init(_ members: [Member], epoch: Epoch = .initial, returning: [NodeID] = []) {
        self.epoch = epoch
        self.returning = returning.filter { id in members.contains { $0.id == id && $0.kind == .learner } }.sorted()
        self.members = members.sorted { $0.id < $1.id }
        for (member, next) in zip(self.members, self.members.dropFirst()) {
            precondition(member.id != next.id, "member \(member.id) is listed twice")
        }
    }

    package static let empty = Membership([])

    /// The same at another time, with these members.
    func with(_ members: [Member]) -> Membership { Membership(members, epoch: epoch, returning: returning) }

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

extension Membership {
    /// What is left when `survivor` goes on alone: nobody else votes, and a witness has no part in it any more, for its
    /// log speaks of what nobody can bring back.
    func left(to survivor: NodeID, epoch: Epoch) -> Membership {
        let left = members.filter { $0.kind != .witness }.map { member in
            var member = member
            if member.id != survivor { member.kind = .learner }
            return member
        }
        let voters = members.filter { $0.kind == .voter && $0.id != survivor }.map(\.id)
        return Membership(left, epoch: epoch, returning: returning + voters)
    }
}
