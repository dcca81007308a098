import Raft

// What a shell does, and what it would notice if the node asked for something forbidden.
extension Network {
    mutating func drain(_ id: NodeID) {
        let place = place(id)
        while let ready = machines[place].node?.takeReady() {
            if keepsRecord { machines[place].record.append(ready) }
            obey(ready, at: id)
        }
        if let fault = machines[place].node?.fault {
            checker.violation("fault at \(fault)")
            machines[place].node = nil
        }
        noteRole(of: id)
        if machines[place].syncsAtOnce, !machines[place].unsynced.isEmpty { sync(id) }
    }

    private mutating func obey(_ ready: Ready, at id: NodeID) {
        let place = place(id)
        if let peers = ready.peers { machines[place].peers = peers }
        let epoch = machines[place].node?.epoch ?? .initial
        for outbound in ready.announcements { send(outbound, from: id, in: epoch) }
        if let persist = ready.persist {
            noteMemberships(persist.entries)
            if persist.token.rawValue != machines[place].lastToken.rawValue + 1 {
                checker.violation("\(id) skips from write \(machines[place].lastToken) to \(persist.token)")
            }
            machines[place].lastToken = persist.token
            machines[place].unsynced.append(persist)
            if let snapshot = persist.install { machines[place].applied = snapshot.last.index }
        }
        for outbound in ready.promises {
            if machines[place].unsynced.isEmpty {
                send(outbound, from: id, in: epoch)
            } else {
                machines[place].promises.append((machines[place].lastToken, outbound, epoch))
            }
        }
        if let range = ready.committed { apply(range, at: id) }
        for settlement in ready.settled {
            checker.settled(settlement, at: id)
            checkCopies(settlement, at: id)
            machines[place].settled.append(settlement)
        }
        for token in ready.dropped { machines[place].openTokens.remove(token.rawValue) }
        machines[place].dropped += ready.dropped
        machines[place].deadline = ready.deadline
    }

    private mutating func apply(_ range: ClosedRange<LogIndex>, at id: NodeID) {
        let machine = self[id]
        if range.lowerBound != machine.applied.next {
            checker.violation("\(id) is to apply \(range) after \(machine.applied)")
        }
        let entries = machine.disk.entries(range)
        if entries.count != range.count { checker.violation("\(id) is to apply \(range), not all on its disk") }
        if let fromMemory = machine.node?.entries(in: range), fromMemory != entries {
            checker.violation("\(id) remembers other entries in \(range) than it wrote")
        }
        let (machines, candidates) = (machines, memberships(inForceAfter: range.upperBound))
        checker.committed(entries, at: id) { entry in
            candidates.contains { membership in
                let holders = machines.count { machine in
                    let kind = membership.recognises(machine.identity) ? membership[machine.identity.id]?.kind : nil
                    return kind != nil && kind != .learner && machine.disk.holds(entry)
                }
                return holders >= membership.quorum
            }
        }
        self[id].applied = range.upperBound
    }

    /// What a leader may have counted a commit of `index` by: the membership committed by then, or a later one.
    private func memberships(inForceAfter index: LogIndex) -> [Membership] {
        let committed = checker.committed.last { $0.kind == .membership && $0.index <= index }?.index ?? .zero
        let later = memberships.filter { $0.key.index >= committed }.sorted { $0.key < $1.key }.map(\.value)
        return committed == .zero ? [founders] + later : later
    }

    mutating func noteMemberships(_ entries: [Entry]) {
        for entry in entries {
            if let version = Fixture.version(entry) { memberships[entry.id] = version.membership }
        }
    }

    /// What a client is told about copies is true: so many have it on disk, and a witness's is none.
    private mutating func checkCopies(_ settlement: Settlement, at id: NodeID) {
        guard case .committed(_, let indexes, let copies) = settlement,
            let entry = self[id].disk.entry(indexes.lowerBound)
        else { return }
        let holders = machines.count { machine in
            machine.disk.holds(entry.id) && machine.disk.entry(entry.index)?.payloadElsewhere != true
        }
        if holders < copies { checker.violation("\(id) says \(copies) copies of \(entry.id), there are \(holders)") }
    }

    private mutating func noteRole(of id: NodeID) {
        guard let node = self[id].node, node.fault == nil else { return }
        let status = node.status
        if !historiesMayDiffer, let difference = status.historyDifference {
            checker.violation("\(id) sees another history: \(difference)")
        }
        if status.role == .leader {
            checker.sawLeader(id, in: status.term)
            if self[id].role != .leader {
                let disk = self[id].disk
                let unsynced = self[id].unsynced.flatMap(\.entries)
                checker.elected(id) { entry in disk.holds(entry) || unsynced.contains { $0.id == entry } }
            }
        }
        self[id].role = status.role
    }

    mutating func send(_ outbound: Outbound, from id: NodeID, in epoch: Epoch) {
        switch outbound {
        case .request(let request, let peer):
            post(.request(request), from: id, to: peer, epoch)
        case .reply(let reply, let peer, let token):
            if self[id].openTokens.remove(token.rawValue) == nil {
                checker.violation("\(id) answers request \(token.rawValue) twice, or answers what nobody asked")
            }
            post(.reply(reply, reply.lane), from: id, to: peer, epoch)
        case .requestFromBase(let term, let peer):
            let disk = self[id].disk
            let snapshot = Snapshot(
                last: disk.base,
                chain: disk.baseChain,
                membership: disk.baseMembership,
                state: []
            )
            let request = InstallSnapshot(term: term, snapshot: snapshot)
            post(.request(.installSnapshot(request)), from: id, to: peer, epoch)
        case .requestFromLog(var append, let from, let through, let peer):
            let entries = read(from: from, through: through, at: id)
            let isWitness = self[id].node?.membership[peer]?.kind == .witness
            append.entries = isWitness ? entries.map(\.withoutPayload) : entries
            append.previousChain = self[id].disk.chain(at: from.previous)
            post(.request(.appendEntries(append)), from: id, to: peer, epoch)
        }
    }

    func mayStillSend(_ outbound: Outbound, from id: NodeID) -> Bool {
        guard case .request(_, let peer) = outbound else { return true }
        return self[id].peers.contains { $0.id == peer }
    }

    private mutating func post(_ body: Packet.Body, from id: NodeID, to peer: NodeID, _ epoch: Epoch) {
        var packet = Packet(
            from: id,
            incarnation: self[id].identity.incarnation,
            epoch: epoch,
            to: peer,
            body: body
        )
        if case .request = body {
            packet.receiver = self[id].peers.first { $0.id == peer }?.incarnation
            if packet.receiver == nil { checker.violation("\(id) sends to \(peer), which it was not told of") }
        }
        packets.append(packet)
    }

    private mutating func read(from: LogIndex, through: LogIndex, at id: NodeID) -> [Entry] {
        let disk = self[id].disk
        var entries: [Entry] = []
        for entry in disk.entries(from...through) {
            if entries.count >= logReadMax, entries.last?.continues == false { break }
            entries.append(entry)
        }
        if entries.isEmpty { checker.violation("\(id) is to read \(from)...\(through), which it does not have") }
        return entries
    }
}
