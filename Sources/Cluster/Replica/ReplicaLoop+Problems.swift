import Raft
import Storage

// What an operator should know, as `/status` shows it.
extension ReplicaLoop {
    func problems(_ status: Raft.Status) -> [ReplicaStatus.Problem] {
        var found: [ReplicaStatus.Problem] = []
        if let teller = status.removedBy {
            let detail = "This node was removed from the cluster while it was away, as \(teller) says. Stop it."
            found.append(.init(name: .notAMember, detail: detail))
            return found
        }
        if isRemoved {
            found.append(.init(name: .notAMember, detail: "This node was removed from the cluster. Stop it."))
            return found
        }
        if let divergence = status.divergence {
            found.append(.init(name: .promotedApart, detail: promotedApart(divergence, status)))
            return found
        }
        if let difference = status.historyDifference {
            found.append(.init(name: .historyDiffers, detail: historyDiffers(difference)))
            if difference.verdict != .open { return found }
        }
        for peer in status.peers where peer.historyDiffers && status.historyDifference == nil {
            found.append(.init(name: .historyDiffers, detail: hasStopped(peer.id)))
        }
        if status.leader == nil { found.append(.init(name: .noPrimary, detail: noPrimary)) }
        if !room.acceptsProposals {
            found.append(
                .init(
                    name: .diskFull,
                    detail: "The disk is full: make room. Reads go on, and writes resume by themselves."
                )
            )
        }
        if let problem = health.problem { found.append(problem) }
        for peer in status.peers where peer.isOut {
            found.append(.init(name: .degraded, detail: degraded(without: peer)))
        }
        for peer in status.peers where !peer.isAtHand {
            found.append(.init(name: .memberUnreachable, detail: unreachable(peer.id)))
        }
        return found
    }

    /// As a member said, or the log has it, and not only a change that may yet be undone.
    var isRemoved: Bool {
        if node.removedBy != nil { return true }
        return !node.membership.members.isEmpty && !node.membership.recognises(identity)
            && node.status.membershipIndex <= node.commit
    }

    private var noPrimary: String {
        let voters = node.membership.voters
        let needed =
            "No primary is known: writes wait. It takes \(node.membership.quorum) of \(voters.count) voters "
            + "to elect one. If too few of them will ever come back, tandem promote lets one go on alone."
        guard voters.contains(where: { $0.kind == .witness }) else { return needed }
        return needed + " If the one that was lost worked without its backup, it alone has the newest messages: the "
            + "cluster waits for it."
    }

    private func promotedApart(_ divergence: Divergence, _ status: Raft.Status) -> String {
        let (other, here) = (divergence.peer, configuration.id)
        let choice =
            " Choose whose messages to keep. To keep \(other)'s, stop \(here), set its data directory aside, "
            + "remove it there, and let it join empty. To keep those of \(here), do that with \(other) instead, and "
            + "then restart \(here)."
        if let last = divergence.holding {
            return "\(other) was promoted, and may lack messages that were acknowledged: it went on alone after id "
                + "\(divergence.epoch.fork), and this node has others up to \(last)." + choice
        }
        guard divergence.epoch.number == status.epoch.number else {
            return "\(other) is in epoch \(divergence.epoch.number), which does not go on from this node's, "
                + "\(status.epoch.number): it was promoted without this node more than once." + choice
        }
        return "\(here) and \(other) were both promoted, each without the other. Both have stopped." + choice
    }

    private func degraded(without backup: Raft.Status.Peer) -> String {
        let held = backup.match == .zero ? "" : " It is known to hold everything up to \(backup.match)."
        return
            "Backup \(backup.id) is out: this node alone has the newest messages, and acknowledges more with copies=1. "
            + "If this node is lost now, the cluster waits for it. Bring \(backup.id) back: it catches up by itself."
            + held
    }

    private func unreachable(_ peer: NodeID) -> String {
        switch node.membership[peer]?.kind {
        case .witness: "The witness \(peer) does not answer: until it does, losing a voter stops the cluster."
        case .voter, .learner, nil: "\(peer) does not answer: one copy fewer is kept."
        }
    }
}
