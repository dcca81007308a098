import Dispatch
import Logging
import Messaging
import Raft
import Storage

// Logs that no longer begin with entry 1: what peers are sent then, and what this node is sent.
extension ReplicaLoop {
    /// The state this node's log goes on from, for a peer whose log ends before.
    func sendBase(term: Term, to peer: NodeID) {
        guard let link = links[peer] else { return }
        let (directory, inbox, epoch, hlc) = (directory, inbox, node.epoch, clock.latest)
        CatchUp.queue.async {
            do {
                guard let snapshot = try Snapshot(directory: directory) else {
                    return inbox.send(.writerReport(.failed("the base of a trimmed log is missing")))
                }
                let request = InstallSnapshot(term: term, snapshot: snapshot)
                link.send(.installSnapshot(request), epoch: epoch, hlc: hlc)
            } catch {
                inbox.send(.writerReport(.failed("the base of the log can't be read: \(error)")))
            }
        }
    }

    /// The snapshot is to take the place of everything applied so far, once it has taken the log's place on disk.
    mutating func receive(_ snapshot: Snapshot, as token: PersistToken) {
        do {
            installing = Installing(token: token, last: snapshot.last.index, broker: try Broker(base: snapshot.state))
            applicable = max(applicable, snapshot.last.index)
        } catch {
            failure = "the primary's snapshot can't be read: \(error)"
        }
    }

    /// Not before it is on disk: readers would find the replaced log there, and in it what was never committed.
    mutating func adoptSnapshot() {
        guard let snapshot = installing, snapshot.token <= lastPersisted else { return }
        installing = nil
        broker = snapshot.broker
        checkpoints.begin()
        clock.merge(broker.latestStamp)
        logger.notice(
            "this node was too far behind for its primary's log, and goes on from its state",
            metadata: ["through": "\(snapshot.last)"]
        )
    }
}
