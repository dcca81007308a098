import Dispatch
import Messaging
import Raft
import Storage

// Obeys what the node asks for, in the order of `Ready`'s fields.
extension ReplicaLoop {
    mutating func obey(_ ready: Ready) {
        if let peers = ready.peers { keepLinks(to: peers) }
        send(ready.announcements, in: node.epoch)
        if let persist = ready.persist {
            if let snapshot = persist.install { receive(snapshot, as: persist.token) }
            // What this node can't read must not take the place of what it has.
            guard failure == nil else { return }
            noteStamps(of: persist.entries)
            writer.write(persist)
            lastHandedOut = persist.token
        }
        if !ready.promises.isEmpty {
            if lastHandedOut <= lastPersisted {
                send(ready.promises, in: node.epoch)
            } else {
                keepPromises(ready.promises)
            }
        }
        if let committed = ready.committed { applicable = committed.upperBound }
        settling.append(contentsOf: ready.settled)
        for token in ready.dropped { turnAway(token) }
        nodeDeadline = ready.deadline
    }

    /// - Parameter epoch: the node's when it asked for this.
    mutating func send(_ outbound: [Outbound], in epoch: Epoch) {
        for item in outbound {
            switch item {
            case .request(let request, let peer):
                // Who is no member any more gets no late votes.
                links[peer]?.send(
                    request,
                    epoch: epoch,
                    hlc: clock.latest,
                    clock: clockNote(for: request, to: peer)
                )
            case .reply(let reply, _, let token):
                answer(reply, token, in: epoch)
            case .requestFromLog(let append, let from, let through, let peer):
                sendFromLog(append, from: from, through: through, to: peer)
            case .requestFromBase(let term, let peer):
                sendBase(term: term, to: peer)
            }
        }
    }

    private mutating func clockNote(for request: RPCRequest, to peer: NodeID) -> PeerClock.Note? {
        guard request.lane == .control else { return nil }
        let others = node.leader == configuration.id ? node.membership.members.map(\.id) : []
        return clockOffsets.takeNote(for: peer, others: others, now: now)
    }

    /// Keeps a way to each of these, and to nobody else. What is under way to others finishes.
    mutating func keepLinks(to peers: [Membership.Member]) {
        var kept: [NodeID: PeerLink] = [:]
        for peer in peers {
            if let link = links[peer.id], link.leads(to: peer) {
                kept[peer.id] = link
            } else {
                kept[peer.id] = PeerLink(
                    to: peer,
                    cluster: cluster.cluster,
                    sender: identity,
                    directory: directory,
                    client: client,
                    configuration: configuration,
                    report: { [inbox] in inbox.send(.peerReport($0)) }
                )
            }
        }
        links = kept
    }

    /// Entries that a lagging peer needs come from the disk, on a thread of their own.
    private func sendFromLog(_ append: AppendEntries, from: LogIndex, through: LogIndex, to peer: NodeID) {
        guard let link = links[peer] else { return }
        let isWitness = node.membership[peer]?.kind == .witness
        let (log, inbox, bytesMax) = (log, inbox, configuration.settings.appendBytesMax)
        let (epoch, hlc, keeper) = (node.epoch, clock.latest, keeper)
        CatchUp.queue.async {
            do throws(StorageError) {
                var filled = append
                let entries = try log.entries(from: from, through: through, bytesMax: bytesMax)
                filled.entries = isWitness ? entries.map(\.withoutPayload) : entries
                if filled.previousChain == nil {
                    let (before, chain) = try log.identity(at: from.previous)
                    filled.previousChain = before == append.previous ? chain : nil
                }
                link.send(.appendEntries(filled), epoch: epoch, hlc: hlc)
            } catch  where error.code == .outOfRange {
                // Another leader's entries have replaced them meanwhile: this node leads no longer.
                inbox.send(.peerReport(.undelivered(to: peer, .append, reason: error.description)))
            } catch  where error.isDamage {
                keeper.noteDamage()
                inbox.send(.peerReport(.undelivered(to: peer, .append, reason: error.description)))
            } catch {
                inbox.send(.writerReport(.failed("entries \(from) to \(through) can't be read: \(error)")))
            }
        }
    }

    /// A node that becomes primary must stamp above everything in its log.
    private mutating func noteStamps(of entries: [Entry]) {
        if let last = entries.last(where: { $0.kind == .command }), let stamp = Command.stamp(of: last.payload) {
            clock.merge(stamp)
        }
    }
}
