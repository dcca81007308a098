import Logging
import Raft
import Storage
import Synchronization

// The way into a cluster that exists.
extension Formation {
    private static let askingInterval = Duration.milliseconds(500)

    /// Asks once; where this node is taken in, writes down in which cluster, and lets the replica begin.
    func askToBeTakenIn() throws {
        guard let joining else { preconditionFailure("\(configuration.id) has no cluster to join") }
        if joining.wish.replacesNamesake, let reason = joining.removeNamesake() {
            report(.joining(url: joining.wish.url, reason: reason))
            return pause(Self.askingInterval)
        }
        let answer = joining.ask(isNew: true)
        if case .unreachable = answer, let cluster = speaking.withLock({ $0 }) {
            logger.notice("was added to a cluster", metadata: ["cluster": "\(cluster)"])
            let isWitness = joining.wish.kind == .witness
            return try accept(Founding(cluster: cluster, membership: .empty, isWitness: isWitness))
        }
        switch answer {
        case .member(let cluster, let kind):
            logger.notice("joined a cluster", metadata: ["cluster": "\(cluster)", "as": "\(kind.name)"])
            try accept(Founding(cluster: cluster, membership: .empty, isWitness: kind == .witness))
        case .later(let reason), .unreachable(let reason), .refused(let reason):
            report(.joining(url: joining.wish.url, reason: reason))
            pause(Self.askingInterval)
        }
    }

    /// Asks until this node is what it is to be: the primary makes a voter of a learner that has caught up. Once: what
    /// an operator makes of it later stays, whatever the flags of its next start are.
    func becomeWhatIsWished() throws {
        guard let joining, let cluster = identity?.cluster, isNewcomer else { return }
        // What added it may never have been committed: then it asks once more as a new one, where it is refused.
        var mayBeUnknown = try speaking.withLock { $0 != nil } || !isInLog()
        var isNew = false
        while !mustStop {
            switch joining.ask(isNew: isNew) {
            case .member(cluster, joining.wish.kind): return try settleIn()
            case .member(cluster, _): (isNew, mayBeUnknown) = (false, false)
            case .later, .unreachable: break
            case .member(let other, _):
                return logger.error(
                    "the node to join belongs to another cluster",
                    metadata: ["url": "\(joining.wish.url)", "its": "\(other)", "own": "\(cluster)"]
                )
            case .refused where mayBeUnknown: (isNew, mayBeUnknown) = (true, false)
            case .refused(let reason):
                return logger.warning(
                    "this node stays what it is in its cluster",
                    metadata: ["wished": "\(joining.wish.kind.name)", "reason": "\(reason)"]
                )
            }
            pause(Self.askingInterval)
        }
    }

    private func isInLog() throws -> Bool {
        try directory.everyKnownMember().contains { $0.identity == own }
    }

    /// Who formed the cluster was what it was to be from the start.
    private var isNewcomer: Bool {
        directory.identity.formation == nil && !directory.identity.hasSettledIn
    }

    private func settleIn() throws {
        while !mustStop {
            do throws(StorageError) {
                return try directory.settleIn()
            } catch {
                guard error.code == .diskFull else { throw error }
                pause(Self.askingInterval)
            }
        }
    }

    /// Answers what peers ask while this node belongs to no cluster.
    ///
    /// An operator can add a node that does not reach the one it asks. Its cluster then speaks to it by the incarnation
    /// that it drew itself: nobody else could know that. Where it does reach one, it waits for the answer, for the
    /// cluster may speak before the change is committed.
    func answerAsNewcomer(_ body: [UInt8]) -> PeerResponse {
        guard joining != nil else { return .unavailable("no cluster is formed here yet") }
        do {
            let address = try PeerJSON.decode(PeerAddress.self, from: body)
            guard let cluster = ClusterID(address.cluster), address.to.identity == own else {
                return .unavailable("this node belongs to no cluster yet, and is not whom this is for")
            }
            speaking.withLock { $0 = cluster }
            return .unavailable("this node begins to take part")
        } catch {
            return .malformed("not an internal request: \(error)")
        }
    }
}
