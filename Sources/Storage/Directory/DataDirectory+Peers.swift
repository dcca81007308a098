package import Raft
import Synchronization

/// How often another node had been started when it was last heard of.
package struct PeerBoot: Hashable, Sendable {
    package var peer: MemberIdentity
    package var boot: UInt64
    /// As it was known then; nil in notes of earlier releases.
    package var member: Membership.Member?

    package init(peer: MemberIdentity, boot: UInt64) {
        self.peer = peer
        self.boot = boot
    }

    package init(_ member: Membership.Member, boot: UInt64) {
        self.init(peer: member.identity, boot: boot)
        self.member = member
    }
}

/// What another node's boot count says of its data directory.
package enum PeerNote: Hashable, Sendable {
    /// It is the one it was, or was started since.
    case current
    /// It was started more often before: what it has now is older than what it had, and may lack what it promised.
    case older(than: UInt64)
}

extension DataDirectory {
    /// Takes note of a member and its boot count, which is durable on return. Before this node answers a member for the
    /// first time since either of them was started, so that a directory put back from an older copy is noticed by all
    /// that its node ever had an answer from. Waits for the disk only where there is something new.
    package func notePeer(_ member: Membership.Member, boot: UInt64) throws(StorageError) -> PeerNote {
        let peer = member.identity
        if let note = published.withLock({ Self.note(peer, boot, in: $0.peerBoots) }) { return note }
        try guarded { state throws(StorageError) in
            // Another thread may have been faster.
            guard Self.note(peer, boot, in: state.peers.boots) == nil else { return }
            var file = state.peers
            file.number += 1
            file.boots.removeAll { $0.peer == peer }
            file.boots.append(PeerBoot(member, boot: boot))
            try reserve.withRoom { () throws(StorageError) in try TwinFile<PeersFile>(disk: disk).write(file) }
            state.peers = file
            published.withLock { $0.peerBoots = file.boots }
        }
        return published.withLock { Self.note(peer, boot, in: $0.peerBoots) } ?? .current
    }

    /// Takes note that this directory is an older copy of the one its node ran on: what the node promised since is
    /// lost. Durable on return: no later start takes part with it, however often it is started. Else its count of
    /// starts would soon be as high as the others know.
    package func noteOutdated() throws(StorageError) {
        let first = log.summary.last.index.next
        try guarded { state throws(StorageError) in
            try state.vote.write(lostFrom: first)
            let lostFrom = state.vote.record.lostFrom
            published.withLock { $0.lostFrom = lostFrom }
        }
    }

    /// What a boot count says of a member, where it need not be noted first; nil where it is news.
    package func peerNote(_ peer: MemberIdentity, boot: UInt64) -> PeerNote? {
        published.withLock { Self.note(peer, boot, in: $0.peerBoots) }
    }

    /// How often a member was started, as far as was noted; zero where nothing was.
    package func knownBoot(of peer: MemberIdentity) -> UInt64 {
        published.withLock { $0.peerBoots.first { $0.peer == peer }?.boot ?? 0 }
    }

    /// Nil where this is news.
    private static func note(_ peer: MemberIdentity, _ boot: UInt64, in boots: [PeerBoot]) -> PeerNote? {
        guard let known = boots.first(where: { $0.peer == peer }), boot <= known.boot else { return nil }
        return boot < known.boot ? .older(than: known.boot) : .current
    }
}
