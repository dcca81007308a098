import Messaging
import Raft
import Storage

/// The way from one machine to another.
struct Link {
    var append = Lane()
    var control = Lane()
    /// Nothing gets through.
    var isCut = false
    /// When it was last cut or mended.
    var troubled: Instant = .zero
    var random: SplitMix64

    init(_ random: SplitMix64) { self.random = random }

    subscript(lane: RPCRequest.Lane) -> Lane {
        _read { yield lane == .append ? append : control }
        _modify {
            switch lane {
            case .append: yield &append
            case .control: yield &control
            }
        }
    }

    /// A process began or ended: nothing of its requests is under way.
    mutating func reset() {
        append = Lane()
        control = Lane()
    }
}

// The network: requests and their answers, late, lost, doubled, or refused.
extension World {
    /// The machine that faults know by this name.
    func machine(_ name: NodeID) -> Machine {
        guard let found = machines.first(where: { $0.name == name }) else { preconditionFailure("no machine \(name)") }
        return found
    }

    /// The machine that a member's address leads to.
    func machine(of member: Membership.Member) -> Machine {
        machine(NodeID(String(member.url.dropFirst("http://".count))))
    }

    func send(_ request: RPCRequest, from replica: SimulatedReplica, to peer: NodeID, in epoch: Epoch) {
        // Who is no member any more gets nothing that comes late.
        guard let member = replica.peers[peer] else { return }
        let (from, to) = (replica.machine.number, machine(of: member).number)
        parcels += 1
        let parcel = Parcel(
            number: parcels,
            from: from,
            fromBoot: replica.boot,
            to: to,
            sender: replica.machine.identity,
            receiver: MemberIdentity(id: peer, incarnation: member.incarnation),
            epoch: epoch,
            boots: (
                replica.directory.recovered.bootCount,
                replica.directory.knownBoot(of: MemberIdentity(id: peer, incarnation: member.incarnation))
            ),
            request: request,
            hlc: replica.clock.latest
        )
        let mayGo = links[from][to][request.lane].mayGo(
            parcel,
            now: now,
            underWayMax: underWayMax(request.lane),
            patience: request.lane == .control ? settings.heartbeatInterval : nil
        )
        if mayGo { transmit(parcel) }
    }

    private func underWayMax(_ lane: RPCRequest.Lane) -> Int { lane == .append ? settings.appendsInFlightMax : 1 }

    private func transmit(_ parcel: Parcel) {
        mix(1, parcel)
        trace("\(machines[parcel.from].id) > \(machines[parcel.to].id) #\(parcel.number) \(parcel.request)")
        arm(from: parcel.from, to: parcel.to, parcel.lane)
        travel(from: parcel.from, to: parcel.to) { .requestArrives(parcel) }
    }

    /// Sends something on its way, unless it gets lost; perhaps twice.
    private func travel(from: Int, to: Int, _ arrival: () -> Happening) {
        guard !links[from][to].isCut else { return }
        if links[from][to].random.hits(permille: knobs.lossPermille) {
            statistics.messagesLost += 1
            return
        }
        schedule(arrival(), in: delay(from, to))
        if links[from][to].random.hits(permille: knobs.duplicatePermille) {
            statistics.messagesDuplicated += 1
            schedule(arrival(), in: delay(from, to))
        }
        if links[from][to].random.hits(permille: knobs.echoPermille) {
            statistics.messagesEchoed += 1
            schedule(arrival(), in: .microseconds(links[from][to].random.next(in: knobs.delayMax...knobs.echoMax)))
        }
    }

    private func delay(_ from: Int, _ to: Int) -> Duration {
        let isLong = links[from][to].random.hits(permille: knobs.delaySpikePermille)
        let most = isLong ? knobs.delaySpikeMax : knobs.delayMax
        return .microseconds(links[from][to].random.next(in: knobs.delayMin...max(knobs.delayMin, most)))
    }

    func arrive(_ parcel: Parcel) {
        guard !links[parcel.from][parcel.to].isCut else { return }
        let receiver = machines[parcel.to]
        mix(2, parcel)
        if let replica = receiver.replica, receiver.identity == parcel.receiver {
            return replica.receive(.request(parcel))
        }
        if receiver.isOff { return }
        let isServed = receiver.isWiped || receiver.keeper != nil || receiver.joining != nil
        answer(parcel, isServed ? .unserved : .refused)
    }

    func answer(_ parcel: Parcel, _ answer: Answer) {
        travel(from: parcel.to, to: parcel.from) { .answerArrives(parcel, answer) }
    }

    func arrive(_ answer: Answer, to parcel: Parcel) {
        guard !links[parcel.to][parcel.from].isCut,
            let replica = machines[parcel.from].replica(boot: parcel.fromBoot)
        else { return }
        mix(3, parcel)
        let wasUnderWay = finish(parcel)
        trace("\(machines[parcel.from].id) < \(machines[parcel.to].id) #\(parcel.number) \(answer)")
        switch answer {
        case .reply(let reply, let sender, let epoch, let hlc, let boot):
            guard wasUnderWay || knobs.lateAnswers == 1 else { return }
            replica.receive(.reply(reply, from: sender, epoch: epoch, hlc: hlc, boot: boot))
        case .otherEpoch(let epoch, let sender):
            if wasUnderWay { replica.receive(.otherEpoch(epoch, from: sender, parcel.lane)) }
        case .removed(let sender):
            if wasUnderWay { replica.receive(.removed(by: sender, parcel.lane)) }
        case .unserved:
            if wasUnderWay { replica.receive(.undelivered(parcel.receiver.id, parcel.lane)) }
        case .refused:
            if wasUnderWay { replica.receive(.refused(parcel.receiver.id, parcel.lane)) }
        }
    }

    /// The next one goes where this one was under way.
    private func finish(_ parcel: Parcel) -> Bool {
        let (from, to, lane) = (parcel.from, parcel.to, parcel.lane)
        guard links[from][to][lane].finish(parcel.number) else { return false }
        sendWaiting(from: from, to: to, lane)
        return true
    }

    private func sendWaiting(from: Int, to: Int, _ lane: RPCRequest.Lane) {
        if let next = links[from][to][lane].sendNext(now: now, underWayMax: underWayMax(lane)) { transmit(next) }
    }

    // MARK: Timeouts

    private func limit(_ lane: RPCRequest.Lane) -> Duration {
        lane == .append ? .microseconds(knobs.appendStall) : settings.electionTimeout
    }

    private func arm(from: Int, to: Int, _ lane: RPCRequest.Lane) {
        guard !links[from][to][lane].isTimed, let oldest = links[from][to][lane].underWay.first else { return }
        links[from][to][lane].isTimed = true
        let due = oldest.sent + limit(lane)
        agenda.add(.laneTimeout(from: from, boot: machines[from].boot, to: to, lane: lane), at: max(now, due))
    }

    func expire(from: Int, _ boot: Int, to: Int, _ lane: RPCRequest.Lane) {
        guard let replica = machines[from].replica(boot: boot) else { return }
        links[from][to][lane].isTimed = false
        while let oldest = links[from][to][lane].underWay.first, oldest.sent + limit(lane) <= now {
            trace("\(machines[from].id) gives up #\(oldest.parcel.number)")
            _ = links[from][to][lane].finish(oldest.parcel.number)
            replica.receive(.undelivered(oldest.parcel.receiver.id, lane))
            sendWaiting(from: from, to: to, lane)
        }
        arm(from: from, to: to, lane)
    }

    // MARK: Connections that end

    /// A process ended: its peers' machines see their connections to it end.
    func noticeEnd(of machine: Machine) {
        for other in machines where other.number != machine.number {
            guard let replica = other.replica, !links[machine.number][other.number].isCut else { continue }
            for lane in [RPCRequest.Lane.append, .control] {
                for (parcel, _) in links[other.number][machine.number][lane].underWay {
                    schedule(.answerArrives(parcel, .unserved), in: delay(machine.number, other.number))
                }
            }
            let probe = Happening.probe(machine: other.number, boot: replica.boot, leader: machine.number)
            schedule(probe, in: delay(machine.number, other.number) * 2)
        }
    }

    func probe(_ leader: Int, by machine: Int, _ boot: Int) {
        guard let replica = machines[machine].replica(boot: boot), replica.node.leader == machines[leader].id,
            machines[leader].keeper == nil, !machines[leader].isOff, !machines[leader].isWiped,
            !links[machine][leader].isCut, !links[leader][machine].isCut
        else { return }
        replica.receive(.connectionRefused(machines[leader].id))
    }

    private func mix(_ tag: Int, _ parcel: Parcel) {
        hash.mix(tag)
        hash.mix(now.nanoseconds)
        hash.mix(parcel.number << 8 | UInt64(parcel.from << 4 | parcel.to))
        hash.mix(parcel.request.term.rawValue)
    }
}
