import DequeModule
import Messaging
import Raft

// Requests of peers that this node must not even step: once it has, what it promises waits for what it can't do.
extension ReplicaLoop {
    /// Why a request is turned away; nil where it is taken. Its sender tries again.
    func reasonToRefuse(_ request: RPCRequest) -> String? {
        switch request {
        case .appendEntries(let append):
            // Votes reach the disk in order with entries: entries without room would keep this node from voting.
            let needsRoom = append.entries.contains { $0.kind == .command }
            return needsRoom && !ownDiskHasRoom ? "the disk of this node is full" : nil
        case .installSnapshot(let install):
            // Before it takes the place of this node's log, and not after.
            do {
                _ = try Broker(base: install.snapshot.state)
                return nil
            } catch {
                return "the snapshot can't be read here: \(error)"
            }
        case .requestVote, .heartbeat, .readIndex, .timeoutNow: return nil
        }
    }

    /// Promises whose requests nobody waits for any more need not be kept while the disk does not move; of this node's
    /// own requests only the newest still mean something.
    mutating func keepPromises(_ outbound: [Outbound]) {
        promises.append((lastHandedOut, outbound, node.epoch))
        guard promises.count > Self.promisesKeptMax else { return }
        for place in promises.indices.dropLast() {
            promises[place].outbound.removeAll { item in
                guard case .reply(_, _, let token) = item else { return true }
                return !peerAnswers.isWaiting(token)
            }
        }
        promises.removeAll { $0.outbound.isEmpty }
    }

    /// Many more than a disk that works lets come together.
    private static let promisesKeptMax = 256
}
