import Messaging
import Raft

// What clients do, and what comes of it.
extension World {
    /// Clients reach machines at once and safely: their own faults are the machines'.
    private static var clientDelay: ClosedRange<Int> { 50...300 }

    func act(_ number: Int) {
        guard !clients[number].isDone else { return leave(number) }
        var client = clients[number]
        if client.operation == nil { choose(&client) }
        client.attempts += 1
        clients[number] = client
        guard let operation = client.operation, let request = client.request else { return }
        calls += 1
        let call = ClientCall(
            number: calls,
            client: number,
            operation: operation,
            machine: client.target,
            request: request
        )
        schedule(.callArrives(call), in: clientDelay(number))
        schedule(.callExpires(call), in: .microseconds(knobs.requestTimeout))
    }

    /// A client that does no more: what it wanted to try again was never accepted.
    private func leave(_ number: Int) {
        guard let operation = clients[number].operation else { return }
        oracle.history.end(operation, .notAccepted)
        clients[number].operation = nil
    }

    private func clientDelay(_ number: Int) -> Duration {
        .microseconds(clients[number].random.next(in: Self.clientDelay))
    }

    private func choose(_ client: inout SimulatedClient) {
        client.attempts = 0
        guard client.random.hits(permille: knobs.readPermille) else { return chooseMessages(&client) }
        switch client.random.next(below: 4) {
        case 0:
            client.target = anyMachine(&client)
            client.operation = oracle.history.begin(.prefixRead(least: 0), client: client.number)
            client.request = .read(.stale)
        case 1:
            client.target = anyMachine(&client)
            client.operation = oracle.history.begin(.prefixRead(least: client.seen), client: client.number)
            client.request = .read(.after(client.seen))
        default:
            if client.random.next(below: 4) == 0 { client.target = anyMachine(&client) }
            client.operation = oracle.history.begin(.linearizableRead, client: client.number)
            client.request = .read(.linearizable)
        }
    }

    private func chooseMessages(_ client: inout SimulatedClient) {
        if client.random.next(below: 8) == 0 { client.target = anyMachine(&client) }
        let count = client.random.next(in: 1...knobs.batchMax)
        let operation = oracle.history.begin(.send(count: count), client: client.number)
        let payloads = (0..<count).map { place in
            let bytes = client.random.next(in: 0...knobs.contentBytesMax)
            let content = RecordedMessage.content(operation: operation, place: place, bytes: bytes)
            let draft = Draft(sender: "c\(client.number)", recipient: "r\(operation % 3)", content: content)
            return Command.unstampedPayload(of: draft)
        }
        let wantsMore = client.random.hits(permille: knobs.copiesPermille)
        client.operation = operation
        client.request = .send(
            payloads: payloads,
            copies: wantsMore ? client.random.next(in: 1...scenario.topology.voters) : 1
        )
    }

    /// A machine that holds messages; once the faults have ended, one of those that work.
    private func anyMachine(_ client: inout SimulatedClient) -> Int {
        let choice = (probe?.core ?? Array(machines.indices)).filter {
            machines[$0].kind != .witness && machines[$0].isTakenIn
        }
        guard probe != nil else { return client.random.pick(choice) }
        // Nor one that waits for an operator.
        let members = choice.filter {
            prevailing.committed.membership.recognises(machines[$0].identity)
                && machines[$0].replica?.node.divergence == nil
        }
        return client.random.pick(members.isEmpty ? choice : members)
    }

    func arrive(_ call: ClientCall) {
        guard !call.isOver else { return }
        let machine = machines[call.machine]
        if let replica = machine.replica {
            replica.receive(.call(call))
        } else if !machine.isOff {
            answer(call, .notAccepted(primary: nil))
        }
    }

    func answer(_ call: ClientCall, _ outcome: CallOutcome) {
        call.line = oracle(of: machines[call.machine]).number
        schedule(.callAnswered(call, outcome), in: clientDelay(call.client))
    }

    func answered(_ call: ClientCall, _ outcome: CallOutcome) {
        guard !call.isOver else { return }
        call.isOver = true
        hash.mix(4)
        hash.mix(call.number)
        trace("client \(call.client) hears of \(call.operation): \(outcome)")
        switch outcome {
        case .acknowledged(let ids, let stamps, _):
            statistics.acknowledged += stamps.count
            clients[call.client].seen = max(clients[call.client].seen, ids.upperBound)
            hash.mix(ids.upperBound)
            end(call, .acknowledged(ids: ids, stamps: stamps))
            // Who is about to learn of a later epoch acknowledges in vain.
            if probe?.client == call.client, call.line == prevailing.number {
                probe?.isAcknowledged = true
                clients[call.client].isDone = true
            }
        case .read(let result):
            statistics.reads += 1
            clients[call.client].seen = max(clients[call.client].seen, result.messages.last?.id ?? 0)
            hash.mix(result.through)
            end(call, .read(result))
        case .notAccepted(let primary):
            tryAgain(call, at: primary)
        case .unknown:
            statistics.unknown += 1
            clients[call.client].target = anyMachine(&clients[call.client])
            end(call, .unknown)
        }
    }

    /// Nothing was stored, so the same may be asked again.
    private func tryAgain(_ call: ClientCall, at primary: Int?) {
        var client = clients[call.client]
        client.target = primary ?? anyMachine(&client)
        clients[call.client] = client
        guard client.attempts < SimulatedClient.attemptsMax, !client.isDone else {
            statistics.refused += 1
            return end(call, .notAccepted)
        }
        let pause = primary == nil ? Int(clients[call.client].random.next(below: 20_000)) : 0
        schedule(.clientActs(call.client), in: .microseconds(pause))
    }

    func expire(_ call: ClientCall) {
        guard !call.isOver else { return }
        call.isOver = true
        statistics.unknown += 1
        trace("client \(call.client) waits no longer for \(call.operation)")
        clients[call.client].target = anyMachine(&clients[call.client])
        end(call, .unknown)
    }

    private func end(_ call: ClientCall, _ outcome: ClientOperation.Outcome) {
        oracle.history.end(call.operation, outcome, line: call.line)
        clients[call.client].operation = nil
        let think = clients[call.client].random.next(below: UInt64(knobs.thinkMax) + 1)
        schedule(.clientActs(call.client), in: .microseconds(Int(think)))
    }
}
