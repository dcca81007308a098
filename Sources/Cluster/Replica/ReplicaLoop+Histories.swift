import Logging
import Raft

// Members whose histories differ, as an operator is told.
extension ReplicaLoop {
    /// Logs what `/status` shows, when it begins and when it ends.
    mutating func noteHistory(_ status: Raft.Status) {
        let difference = status.historyDifference
        guard difference != lastDifference else { return }
        lastDifference = difference
        guard let difference else { return logger.notice("this node's history is that of a majority") }
        logger.error("this node's history and another's differ", metadata: ["detail": "\(historyDiffers(difference))"])
    }

    func historyDiffers(_ difference: HistoryDifference) -> String {
        let (here, peer, entry) = (configuration.id, difference.peer, difference.entry)
        let seen =
            "Both \(here) and \(peer) have entry \(entry.index) of term \(entry.term), with chain value "
            + "\(difference.here) on \(here) and \(difference.there) on \(peer): up to there their messages differ. "
        switch difference.verdict {
        case .majority:
            return seen + "A majority of the voters does not have what \(here) has: it has stopped. " + takeBack(here)
        case .nobody:
            return seen + "Nobody can tell who is right, and both have stopped. Choose whose messages to keep. To keep "
                + "\(peer)'s: stop \(here), restart \(peer), and where it finds no primary, tandem promote it. "
                + takeBack(here) + " To keep those of \(here), do the same the other way round."
        case .open:
            return seen + "Too few others can be asked, and neither serves until they are: bring the missing voters "
                + "back. If none of them ever can tell, stop the one whose messages to give up, and restart the "
                + "others. Then set its data directory aside and start it with --join URL --rejoin."
        }
    }

    /// What a primary says of another.
    func hasStopped(_ peer: NodeID) -> String {
        "A majority of the voters does not have the messages that \(peer) has: it has stopped. " + takeBack(peer)
    }

    private func takeBack(_ node: NodeID) -> String {
        "Set the data directory of \(node) aside and start it empty, with --join URL --rejoin."
    }
}
