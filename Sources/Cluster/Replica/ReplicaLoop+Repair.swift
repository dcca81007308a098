import Logging
import Messaging
import Raft
import Storage

// Damage to the log that is found while the node runs.
extension ReplicaLoop {
    mutating func receive(_ report: LogKeeper.Report) {
        switch report {
        case .failed(let reason): failure = failure ?? reason
        case .health(let health):
            let wasWhole = self.health.isWhole
            self.health = health
            node.step(.damaged(through: health.lost.last?.upperBound), now: now)
            if health.isWhole {
                goOnAfterRepair()
            } else if wasWhole, node.role == .leader {
                // Whoever lags needs entries from the primary's disk, and clients read from it.
                transfer(to: nil) { [logger] outcome in
                    logger.notice("a primary with damage hands over", metadata: ["outcome": "\(outcome)"])
                }
            }
        }
    }

    private mutating func goOnAfterRepair() {
        awaitsRepair = false
        view?.advance(to: LogIndex(broker.appliedIndex))
    }
}
