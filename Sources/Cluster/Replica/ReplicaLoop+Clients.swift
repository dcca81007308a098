import Messaging
import Raft

// Takes what clients ask, and answers them.
extension ReplicaLoop {
    mutating func propose(_ write: ClientWrite) {
        guard node.role == .leader, !node.isTransferring else { return wait(for: write) }
        guard hasRoomForClients else { return write.completion(.notAccepted(.diskFull)) }
        var stamped = write.payloads
        var stamps: [HybridTimestamp] = []
        stamps.reserveCapacity(stamped.count)
        let wall = Clocks.wallMilliseconds()
        for position in stamped.indices {
            let stamp = clock.tick(wallMilliseconds: wall)
            Command.stamp(&stamped[position], with: stamp)
            stamps.append(stamp)
        }
        let ticket = clients.ask(.write(write, stamps: stamps), now: now)
        node.step(.propose(Proposal(ticket: ticket, payloads: stamped, copies: write.copies)), now: now)
    }

    /// A write that this node can't take: another one leads, or none is known and the write is held.
    private mutating func wait(for write: ClientWrite) {
        if let reason = otherPrimary.map(NotAccepted.notPrimary) ?? reasonNotToHold(until: write.holdUntil) {
            write.completion(.notAccepted(reason))
        } else {
            clients.heldWrites.append(write)
        }
    }

    func reasonNotToHold(until deadline: Instant) -> NotAccepted? {
        if isRemoved { return .removed }
        if node.role != .leader, !mayHaveQuorum { return .noQuorum }
        if now >= deadline { return .noPrimary }
        return clients.heldCount >= configuration.heldMax ? .overloaded : nil
    }

    /// The primary, if it is another node.
    var otherPrimary: Primary? {
        guard let leader = node.leader, leader != configuration.id, let member = node.membership[leader]
        else { return nil }
        return Primary(id: leader, url: member.url)
    }

    mutating func settle(_ settlement: Settlement) {
        switch settlement {
        case .committed(let ticket, let indexes, let copies):
            switch clients.take(ticket) {
            case .write(let write, let stamps):
                let ids = indexes.lowerBound.rawValue...indexes.upperBound.rawValue
                write.completion(.committed(ids: ids, stamps: stamps, copies: copies))
            case .change(let completion): completion(.changed(index: indexes.upperBound.rawValue))
            case .promote(let completion, let mayLackAfter):
                completion(promoted(mayLackAfter: mayLackAfter))
            case .read, .transfer, nil: break
            }
        case .readable(let ticket, let index):
            guard case .read(let read) = clients.take(ticket) else { return }
            serve(read, through: index)
        case .overwritten(let ticket):
            switch clients.take(ticket) {
            case .write(let write, _): write.completion(.notAccepted(.overwritten))
            case .change(let completion): completion(.notAccepted(.overwritten))
            case .promote(let completion, _): completion(.notAccepted(.overwritten))
            case .read, .transfer, nil: break
            }
        case .transferred(let ticket, let successor):
            guard case .transfer(let completion) = clients.take(ticket) else { return }
            completion(.transferred(to: successor))
        case .rejected(let ticket, let rejection):
            guard let asked = clients.take(ticket) else { return }
            refuse(asked, rejection)
        }
    }

    private mutating func refuse(_ asked: WaitingClients.Asked, _ rejection: Rejection) {
        switch asked {
        case .write(let write, _):
            guard let reason = NotAccepted(rejection) else { return wait(for: write) }
            write.completion(.notAccepted(reason))
        case .read(let read):
            guard let reason = NotAccepted(rejection) else { return wait(for: read) }
            read.completion(.notAccepted(reason))
        case .transfer(let completion): completion(transferOutcome(rejection))
        case .change(let completion): completion(membershipOutcome(rejection))
        case .promote(let completion, _): completion(promotionOutcome(rejection))
        }
    }

    /// Serves those whose waiting has come to an end, one way or the other.
    mutating func serveWaiting() {
        if clients.heldCount > 0, canServeHeld || heldIsOver {
            let (writes, reads) = (clients.heldWrites, clients.heldReads)
            (clients.heldWrites, clients.heldReads) = ([], [])
            for write in writes { propose(write) }
            for read in reads { ask(read) }
            while let ready = node.takeReady() { obey(ready) }
            applyBacklog()
        }
        serveAppliedWaiters()
        servePrimaryWaiters()
    }

    private var canServeHeld: Bool {
        node.role == .leader ? !node.isTransferring : otherPrimary != nil || !mayHaveQuorum || isRemoved
    }

    private var heldIsOver: Bool {
        clients.heldWrites.contains { now >= $0.holdUntil } || clients.heldReads.contains { now >= $0.holdUntil }
    }

    private mutating func serveAppliedWaiters() {
        clients.applied.removeAll { waiter in
            let isApplied = broker.appliedIndex >= waiter.index
            if isApplied || now >= waiter.until { waiter.completion(isApplied) }
            return isApplied || now >= waiter.until
        }
    }

    private mutating func servePrimaryWaiters() {
        guard !clients.primary.isEmpty else { return }
        let primary = node.role == .leader ? Primary(id: configuration.id, url: configuration.url) : otherPrimary
        clients.primary.removeAll { waiter in
            let found = primary.flatMap { $0.id == waiter.former ? nil : $0 }
            if found != nil || now >= waiter.until { waiter.completion(found) }
            return found != nil || now >= waiter.until
        }
    }

    /// The node stops: what was never proposed is refused; what was proposed stays unknown.
    mutating func abandonEverybody() {
        for write in clients.heldWrites { write.completion(.notAccepted(.stopping)) }
        for read in clients.heldReads { read.completion(.notAccepted(.stopping)) }
        for asked in clients.asked.values {
            switch asked {
            case .write, .promote: break
            case .read(let read): read.completion(.notAccepted(.stopping))
            case .transfer(let completion): completion(.notAccepted(.stopping))
            case .change(let completion): completion(.notAccepted(.stopping))
            }
        }
        for waiter in clients.applied { waiter.completion(false) }
        for waiter in clients.primary { waiter.completion(nil) }
        for answer in peerAnswers.takeAll() { answer.respond(.unavailable("this node is stopping")) }
        clients = WaitingClients()
    }
}
