import Raft

// The write-order contract: what leaves a node, and what must be on its disk before.
extension Oracle {
    func sending(_ request: RPCRequest, to peer: NodeID, by replica: SimulatedReplica) {
        let number = replica.machine.number
        if replica.machine.kind == .witness {
            violation(.witnessActs, "witness \(replica.machine.id) sends \(request)")
        }
        switch request {
        case .requestVote(let vote):
            let disk = records[number].storedHardState
            // A pre-vote asks for a term that is not taken yet.
            let needed = vote.isPreVote ? Term(vote.term.rawValue - 1) : vote.term
            let isVoteStored = vote.isPreVote || disk.term > vote.term || disk.vote == replica.machine.id
            if disk.term < needed || !isVoteStored {
                violation(
                    .promisedBeforeDisk,
                    "\(replica.machine.id) asks for votes in term \(vote.term) with \(disk) on disk"
                )
            }
        case .appendEntries(let append):
            checkLeader(of: append.term, number)
            for entry in append.entries where chains[entry.id] != entry.chain {
                violation(.logMatching, "\(replica.machine.id) sends \(entry.id), which is not what was written")
            }
            if replica.peers[peer]?.kind == .witness { checkSentToWitness(append, by: replica) }
        case .installSnapshot(let request): checkLeader(of: request.term, number)
        case .timeoutNow(let request):
            checkLeader(of: request.term, number)
            checkSuccessor(peer, of: replica)
        case .readIndex: break
        case .heartbeat(let heartbeat):
            checkLeader(of: heartbeat.term, number)
            if heartbeat.commit > committed.last, heartbeat.commit > replica.node.commit {
                violation(.committedWithoutQuorum, "\(replica.machine.id) tells of commit \(heartbeat.commit)")
            }
        }
    }

    /// A witness must never be the only one up to date: it holds nothing to lead with.
    private func checkSentToWitness(_ append: AppendEntries, by replica: SimulatedReplica) {
        guard let last = append.entries.last else { return }
        if append.entries.contains(where: { $0.kind == .command && !$0.payloadElsewhere }) {
            violation(.witnessAhead, "\(replica.machine.id) sends the witness the payload of a command")
        }
        if !records[replica.machine.number].stored.holds(last.id) {
            violation(.witnessAhead, "\(replica.machine.id) sends the witness \(last.id), which it has not on disk")
        }
    }

    /// Only the leader of a term sends in it.
    private func checkLeader(of term: Term, _ number: Int) {
        if leaders[term] != number {
            violation(.oneLeaderATerm, "\(machines[number].id) sends as the leader of term \(term)")
        }
    }

    func sending(_ reply: RPCReply, to parcel: Parcel, by replica: SimulatedReplica) {
        let record = records[replica.machine.number]
        let id = replica.machine.id
        switch (reply, parcel.request) {
        case (.requestVote(let reply), .requestVote(let request)):
            guard reply.granted, !reply.isPreVote else {
                return checkTerm(reply.isPreVote ? .zero : reply.term, record, id)
            }
            let candidate = parcel.sender.id
            noteVote(of: replica, for: candidate, in: request.term)
            let disk = record.storedHardState
            if disk.term < request.term || (disk.term == request.term && disk.vote != candidate) {
                violation(.promisedBeforeDisk, "\(id) votes for \(candidate) in \(request.term) with \(disk) on disk")
            }
        case (.appendEntries(let reply), .appendEntries(let request)):
            checkTerm(reply.term, record, id)
            guard case .accepted(let match) = reply.outcome else { return }
            let proven = request.entries.last?.id ?? request.previous
            // A later term's leader may have replaced it in the same write: then it can't be committed in its own term,
            // for whoever elected that leader would have demanded it.
            let isReplaced = reply.term < record.storedHardState.term
            let isHeld = match == .zero || isReplaced || record.stored.holds(proven)
            if match != proven.index || !isHeld {
                violation(
                    .promisedBeforeDisk,
                    "\(id) acknowledges \(match) of a request up to \(proven) with \(record.stored.last) on disk"
                )
            }
        case (.installSnapshot(let reply), .installSnapshot):
            checkTerm(reply.term, record, id)
            if reply.match > .zero, !record.stored.reaches(reply.match) {
                violation(.promisedBeforeDisk, "\(id) acknowledges a base at \(reply.match) before it is on disk")
            }
        case (.heartbeat, .heartbeat), (.timeoutNow, .timeoutNow), (.readIndex, .readIndex):
            checkTerm(reply.term, record, id)
        default:
            violation(.promisedBeforeDisk, "\(id) answers \(parcel.request) with \(reply)")
        }
    }

    private func checkTerm(_ term: Term, _ record: Record, _ id: NodeID) {
        if term > record.storedHardState.term {
            violation(.promisedBeforeDisk, "\(id) speaks of term \(term) with \(record.storedHardState) on disk")
        }
    }
}
