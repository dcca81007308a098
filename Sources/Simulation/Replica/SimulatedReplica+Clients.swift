import Messaging
import Raft
import Storage

// Takes what clients ask, and answers them.
extension SimulatedReplica {
    func serve(_ call: ClientCall) {
        call.holdUntil = now + .microseconds(world.knobs.hold)
        switch call.request {
        case .send: propose(call)
        case .read(.linearizable): ask(call)
        case .read(.stale): answerRead(call)
        case .read(.after): appliedWaiters.append(call)
        }
    }

    private func propose(_ call: ClientCall) {
        guard case .send(var payloads, let copies) = call.request else { return }
        guard node.role == .leader, !node.isTransferring else { return wait(call) }
        guard room.acceptsProposals else { return world.answer(call, .notAccepted(primary: nil)) }
        let wall = machine.clock.wallMilliseconds(at: world.now)
        call.stamps = []
        for place in payloads.indices {
            let stamp = clock.tick(wallMilliseconds: wall)
            Command.stamp(&payloads[place], with: stamp)
            call.stamps.append(stamp)
        }
        step(.propose(Proposal(ticket: ticket(for: call), payloads: payloads, copies: copies)))
    }

    /// Every node with messages serves reads, once the primary has told it how far they must see.
    private func ask(_ call: ClientCall) {
        guard node.role == .leader || (hasOtherPrimary && machine.kind != .witness) else { return wait(call) }
        step(.read(ticket(for: call)))
    }

    private func ticket(for call: ClientCall) -> Ticket {
        lastTicket += 1
        asked[Ticket(lastTicket)] = call
        return Ticket(lastTicket)
    }

    var hasOtherPrimary: Bool { node.leader.map { $0 != machine.id } ?? false }

    /// The machine of the primary, where this node knows its address.
    var otherPrimary: Int? {
        guard hasOtherPrimary, let leader = node.leader.flatMap({ peers[$0] }) else { return nil }
        return world.machine(of: leader).number
    }

    /// A request that this node can't serve: another one leads, or none is known and the request is held.
    private func wait(_ call: ClientCall) {
        if let otherPrimary, !isRead(call) || machine.kind == .witness {
            world.answer(call, .notAccepted(primary: otherPrimary))
        } else if now >= call.holdUntil {
            world.answer(call, .notAccepted(primary: nil))
        } else {
            held.append(call)
        }
    }

    private func isRead(_ call: ClientCall) -> Bool {
        if case .read = call.request { true } else { false }
    }

    func settle(_ settlement: Settlement) {
        if let call = administered.removeValue(forKey: settlement.ticket) { return conclude(call, settlement) }
        if let promotion = promotions.removeValue(forKey: settlement.ticket) { return conclude(promotion, settlement) }
        if let term = transfers.removeValue(forKey: settlement.ticket) {
            return oracle.settled(settlement, askedIn: term, by: self)
        }
        switch settlement {
        case .committed(let ticket, let indexes, let copies):
            guard let call = asked.removeValue(forKey: ticket) else { return }
            oracle.acknowledging(indexes, copies: copies, call, by: self)
            let ids = indexes.lowerBound.rawValue...indexes.upperBound.rawValue
            world.answer(call, .acknowledged(ids: ids, stamps: call.stamps, copies: copies))
        case .readable(let ticket, let index):
            guard let call = asked.removeValue(forKey: ticket) else { return }
            if index.rawValue <= broker.appliedIndex {
                answerRead(call)
            } else {
                world.answer(call, .notAccepted(primary: otherPrimary))
            }
        case .overwritten(let ticket):
            if let call = asked.removeValue(forKey: ticket) { world.answer(call, .notAccepted(primary: nil)) }
        case .rejected(let ticket, let rejection):
            if let call = asked.removeValue(forKey: ticket) { refuse(call, rejection) }
        case .transferred: break
        }
    }

    private func refuse(_ call: ClientCall, _ rejection: Rejection) {
        switch rejection {
        case .notLeader, .transferring, .noSuccessor, .transferTimedOut, .change, .promotion: wait(call)
        case .noQuorum, .tooFewCopies, .overloaded: world.answer(call, .notAccepted(primary: nil))
        }
    }

    /// Serves those whose waiting has come to an end, one way or the other.
    func serveHeld() {
        if !held.isEmpty, canServeHeld || held.contains(where: { now >= $0.holdUntil }) {
            var calls: [ClientCall] = []
            swap(&calls, &held)
            for call in calls {
                if isRead(call) { ask(call) } else { propose(call) }
            }
            while let ready = node.takeReady() { obey(ready) }
            applyBacklog()
        }
        guard !appliedWaiters.isEmpty else { return }
        let ready = appliedWaiters.filter { isAnswerable($0) || now >= $0.holdUntil }
        appliedWaiters.removeAll { isAnswerable($0) || now >= $0.holdUntil }
        for call in ready {
            if isAnswerable(call) { answerRead(call) } else { world.answer(call, .notAccepted(primary: nil)) }
        }
    }

    private var canServeHeld: Bool { node.role == .leader ? !node.isTransferring : hasOtherPrimary }

    private func isAnswerable(_ call: ClientCall) -> Bool {
        if case .read(.after(let id)) = call.request { id <= broker.appliedIndex } else { false }
    }

    /// The newest messages this node has applied, read from the log as a client's page is.
    private func answerRead(_ call: ClientCall) {
        let through = broker.appliedIndex
        let base = directory.log.summary.base.index.rawValue
        let after = max(max(through, Self.pageEntries) - Self.pageEntries, min(base, through))
        do throws(StorageError) {
            var entries: [Entry] = []
            while entries.count < Int(through - after) {
                // Up to an entry that can't be read, where there is one.
                entries += try directory.log.entries(
                    from: LogIndex(after + 1).advanced(by: entries.count),
                    through: LogIndex(through),
                    bytesMax: 1 << 20
                )
            }
            oracle.readBack(entries, by: self)
            let messages = entries.compactMap(RecordedMessage.init)
            world.answer(call, .read(ReadResult(after: after, through: through, messages: messages)))
        } catch  where error.isDamage {
            machine.keeper?.wake()
            world.answer(call, .notAccepted(primary: nil))
        } catch {
            failure = "entries up to \(through) can't be read: \(error)"
        }
    }

    private static var pageEntries: UInt64 { 6 }
}
