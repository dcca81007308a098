import Raft

// Packets, time and clients.
extension Network {
    func isCut(_ from: NodeID, _ to: NodeID) -> Bool { cuts.contains { $0 == (from, to) } }

    mutating func deliver(at place: Int) {
        let packet = packets.remove(at: place)
        deliver(packet)
    }

    mutating func deliver(_ packet: Packet) {
        guard self[packet.to].node != nil, !isCut(packet.from, packet.to),
            packet.receiver == nil || packet.receiver == self[packet.to].identity.incarnation
        else { return lose(packet) }
        let sender = MemberIdentity(id: packet.from, incarnation: packet.incarnation)
        switch packet.body {
        case .request(let request):
            nextToken += 1
            self[packet.to].openTokens.insert(nextToken)
            let token = ReplyToken(nextToken)
            step(packet.to, .request(request, from: sender, epoch: packet.epoch, token: token))
            if self[packet.to].dropped.contains(token) { returnToSender(packet, request) }
        case .reply(let reply, _):
            step(packet.to, .reply(reply, from: sender, epoch: packet.epoch))
        }
    }

    /// Who does not hear a request says at least that its sender was removed, or of which epoch it is itself.
    private mutating func returnToSender(_ packet: Packet, _ request: RPCRequest) {
        guard !isCut(packet.to, packet.from), self[packet.to].node?.isEpochDurable != false else { return }
        let sender = MemberIdentity(id: packet.from, incarnation: packet.incarnation)
        if self[packet.to].node?.hasRemoved(sender) == true {
            step(packet.from, .removed(by: self[packet.to].identity))
            return step(packet.from, .undelivered(to: packet.to, lane: request.lane))
        }
        guard let epoch = self[packet.to].node?.epoch, epoch != packet.epoch else { return }
        step(packet.from, .otherEpoch(epoch, from: self[packet.to].identity))
        step(packet.from, .undelivered(to: packet.to, lane: request.lane))
    }

    mutating func lose(_ packet: Packet) {
        guard reportsLosses else { return }
        switch packet.body {
        case .request(let request):
            // A machine that is up but whose process is down refuses.
            if self[packet.to].node == nil { step(packet.from, .refused(packet.to)) }
            step(packet.from, .undelivered(to: packet.to, lane: request.lane))
        case .reply(_, let lane):
            step(packet.to, .undelivered(to: packet.from, lane: lane))
        }
    }

    // MARK: Time

    /// Delivers until nothing is on its way.
    mutating func settle() {
        var count = 0
        while !packets.isEmpty {
            deliver(at: 0)
            count += 1
            precondition(count < 100_000, "the cluster never comes to rest")
        }
    }

    /// Lets time pass: packets take none, disks take none, deadlines come when they are due.
    mutating func run(for duration: Duration) {
        let end = now + duration
        settle()
        while let next = upNodes.min(by: { self[$0].deadline < self[$1].deadline }), self[next].deadline <= end {
            now = max(now, self[next].deadline)
            step(next, .deadline)
            settle()
        }
        now = end
    }

    /// Runs until there is a leader, and gives it.
    mutating func runUntilLeader(limit: Duration = .seconds(5)) -> NodeID? {
        let end = now + limit
        while now < end {
            if let leader, status(leader).isLeaderReady { return leader }
            run(for: .milliseconds(5))
        }
        return nil
    }

    /// Makes a leader of `id`, with everything delivered.
    mutating func elect(_ id: NodeID) {
        step(id, .campaign)
        settle()
        run(for: .milliseconds(60))
    }

    // MARK: Clients

    mutating func propose(at id: NodeID, entries: Int = 1, bytes: Int = 0, copies: Int = 1) -> Ticket {
        nextTicket += 1
        let ticket = Ticket(nextTicket)
        let payloads = (0..<entries).map { Payload.make(ticket, place: $0, bytes: bytes) }
        step(id, .propose(Proposal(ticket: ticket, payloads: payloads, copies: copies)))
        return ticket
    }

    mutating func read(at id: NodeID) -> Ticket {
        nextTicket += 1
        let ticket = Ticket(nextTicket)
        checker.asked(ticket)
        step(id, .read(ticket))
        return ticket
    }

    mutating func transfer(at id: NodeID, to target: NodeID? = nil) -> Ticket {
        nextTicket += 1
        step(id, .transferLeadership(Ticket(nextTicket), to: target))
        return Ticket(nextTicket)
    }

    mutating func change(at id: NodeID, _ change: MembershipChange) -> Ticket {
        nextTicket += 1
        let ticket = Ticket(nextTicket)
        checker.askedForChange(ticket)
        step(id, .changeMembership(ticket, change))
        return ticket
    }

    mutating func promote(at id: NodeID, acceptsLoss: Bool = false) -> Ticket {
        nextTicket += 1
        checker.askedForChange(Ticket(nextTicket))
        let promotion = Promotion(epoch: status(id).epoch.number, id: nextTicket, acceptsLoss: acceptsLoss)
        step(id, .promote(Ticket(nextTicket), promotion))
        return Ticket(nextTicket)
    }

    func outcome(_ ticket: Ticket) -> Settlement? { checker.outcome(of: ticket) }

    mutating func isolate(_ id: NodeID) {
        for other in machines.map(\.identity.id) where other != id { cuts += [(id, other), (other, id)] }
    }
}

extension RPCReply {
    var lane: RPCRequest.Lane {
        switch self {
        case .appendEntries, .installSnapshot: .append
        case .requestVote, .heartbeat, .timeoutNow, .readIndex: .control
        }
    }
}
