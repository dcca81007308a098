import Messaging
import Raft
import Storage

// Obeys what the node asks for, in the order of `Ready`'s fields.
extension SimulatedReplica {
    func obey(_ ready: Ready) {
        // Only for the record: the announcements speak of these entries.
        if let persist = ready.persist { oracle.handedOut(persist, by: self) }
        if let peers = ready.peers { keepLinks(to: peers) }
        oracle.noteCommit(by: self)
        send(ready.announcements, in: node.epoch)
        if let persist = ready.persist {
            if let snapshot = persist.install { receive(snapshot, as: persist.token) }
            noteStamps(of: persist.entries)
            lastHandedOut = persist.token
            write(persist)
        }
        if !ready.promises.isEmpty {
            if lastHandedOut <= lastPersisted {
                send(ready.promises, in: node.epoch)
            } else {
                promises.append((lastHandedOut, ready.promises, node.epoch))
            }
        }
        if let committed = ready.committed {
            oracle.handedOut(committed, by: self)
            applicable = committed.upperBound
        }
        settling.append(contentsOf: ready.settled)
        for token in ready.dropped {
            if let parcel = peerRequests.take(token) { world.answer(parcel, refusal(of: parcel)) }
        }
        nodeDeadline = ready.deadline
    }

    /// Why the node does not hear a request.
    private func refusal(of parcel: Parcel) -> Answer {
        guard node.isEpochDurable else { return .unserved }
        if node.hasRemoved(parcel.sender) { return .removed(by: machine.identity) }
        return parcel.epoch == node.epoch ? .unserved : .otherEpoch(node.epoch, from: machine.identity)
    }

    /// - Parameter epoch: the node's when it asked for this.
    func send(_ outbound: [Outbound], in epoch: Epoch) {
        let oracle = world.oracle(of: machine, in: epoch)
        for item in outbound {
            switch item {
            case .request(let request, let peer):
                guard peers[peer] != nil else { continue }
                oracle.sending(request, to: peer, by: self)
                if case .appendEntries(let append) = request, let last = append.entries.last?.index {
                    noteSent(through: last, to: peer)
                }
                world.send(request, from: self, to: peer, in: epoch)
            case .reply(let reply, _, let token):
                guard let parcel = peerRequests.take(token) else { continue }
                oracle.sending(reply, to: parcel, by: self)
                let boot = directory.recovered.bootCount
                let answer = Answer.reply(
                    reply,
                    from: machine.identity,
                    epoch: epoch,
                    hlc: clock.latest,
                    boot: boot
                )
                world.answer(parcel, answer)
            case .requestFromLog(let append, let from, let through, let peer):
                noteSent(through: through, to: peer)
                let read = LogRead(
                    append: append,
                    from: from,
                    through: through,
                    peer: peer,
                    epoch: epoch,
                    withoutPayloads: node.membership[peer]?.kind == .witness
                )
                world.schedule(.logRead(machine: machine.number, boot: boot, read), in: diskTime())
            case .requestFromBase(let term, let peer):
                let read = Happening.baseRead(machine: machine.number, boot: boot, term: term, peer: peer, epoch: epoch)
                world.schedule(read, in: diskTime())
            }
        }
    }

    private func noteSent(through last: LogIndex, to peer: NodeID) {
        guard node.membership[peer]?.kind == .witness else { return }
        oracle.sending(through: last, toWitness: peer, by: self)
    }

    /// Entries that a lagging peer needs come from the disk.
    func finish(_ read: LogRead) {
        do throws(StorageError) {
            var append = read.append
            let entries = try directory.log.entries(
                from: read.from,
                through: read.through,
                bytesMax: world.settings.appendBytesMax
            )
            let judge = world.oracle(of: machine, in: read.epoch)
            judge.readBack(entries, by: self)
            append.entries = read.withoutPayloads ? entries.map(\.withoutPayload) : entries
            judge.sending(.appendEntries(append), to: read.peer, by: self)
            world.send(.appendEntries(append), from: self, to: read.peer, in: read.epoch)
        } catch  where error.code == .outOfRange {
            // Another leader's entries have replaced them meanwhile: this node leads no longer.
            receive(.undelivered(read.peer, .append))
        } catch  where error.isDamage {
            machine.keeper?.wake()
            receive(.undelivered(read.peer, .append))
        } catch {
            receive(.failed("entries \(read.from) to \(read.through) can't be read: \(error)"))
        }
    }

    func wait(for parcel: Parcel) -> ReplyToken {
        let (token, pushedOut) = peerRequests.wait(for: parcel)
        if let pushedOut { world.answer(pushedOut, .unserved) }
        return token
    }

    /// A node that becomes primary must stamp above everything in its log.
    private func noteStamps(of entries: [Entry]) {
        if let last = entries.last(where: { $0.kind == .command }), let stamp = Command.stamp(of: last.payload) {
            clock.merge(stamp)
        }
    }

    /// The clock reading of the last message in the log after this entry; zero where it has none.
    static func latestStamp(in log: SegmentedLog, after applied: LogIndex) throws(StorageError) -> HybridTimestamp {
        var index = log.summary.last.index
        while index > applied {
            let entry = try log.entry(at: index)
            if entry.kind == .command { return Command.stamp(of: entry.payload) ?? .zero }
            index = index.previous
        }
        return .zero
    }
}
