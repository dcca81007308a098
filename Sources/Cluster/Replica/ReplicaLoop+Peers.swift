import Logging
import Messaging
import Raft
import Storage

// Hears peers, and answers them.
extension ReplicaLoop {
    mutating func receive(_ request: PeerRequest) {
        let sender = request.from
        switch hearing(of: sender, boot: request.boot, known: request.knownBoot, .peerRequest(request)) {
        case .now: hear(request)
        case .later: break
        case .never(let reason): request.respond(.foreign(reason))
        }
    }

    private mutating func hear(_ request: PeerRequest) {
        noteHeard(request.from.id, hlc: request.hlc)
        if let clock = request.clock, node.membership.recognises(request.from) {
            clockOffsets.note(clock.note, from: request.from.id, now: now)
        }
        if let reason = reasonToRefuse(request.request) { return request.respond(.unavailable(reason)) }
        let token = peerAnswers.wait(for: request)
        node.step(
            .request(request.request, from: request.from, epoch: request.epoch, token: token),
            now: now
        )
        if node.leader == request.from.id { leaderContact = now }
    }

    mutating func receive(_ report: PeerLink.Report) {
        switch report {
        case .answered(let answer):
            switch hearing(of: answer.from, boot: answer.boot, known: 0, .peerReport(report)) {
            case .now: hear(answer)
            case .later: break
            case .never(let reason):
                logger.error("an answer does not count", metadata: ["reason": "\(reason)"])
            }
        case .otherEpoch(let epoch, let from, let lane):
            node.step(.otherEpoch(epoch, from: from), now: now)
            node.step(.undelivered(to: from.id, lane: lane), now: now)
        case .removed(let member, let lane):
            node.step(.removed(by: member), now: now)
            node.step(.undelivered(to: member.id, lane: lane), now: now)
        case .undelivered(let peer, let lane, let reason):
            logger.debug("an RPC was not delivered", metadata: ["peer": "\(peer)", "reason": "\(reason)"])
            reachability.noteUnanswered(peer, now: now)
            node.step(.undelivered(to: peer, lane: lane), now: now)
        case .refused(let peer, let lane):
            node.step(.undelivered(to: peer, lane: lane), now: now)
            noteRefused(peer)
        }
    }

    private mutating func hear(_ answer: PeerLink.Answered) {
        if let exchange = answer.exchange { clockOffsets.note(exchange, with: answer.from.id, now: now) }
        noteHeard(answer.from.id, hlc: answer.hlc)
        reachability.noteDisk(of: answer.from.id, isFull: answer.diskFull)
        node.step(.reply(answer.reply, from: answer.from, epoch: answer.epoch), now: now)
    }

    mutating func noteRefused(_ peer: NodeID) {
        guard links[peer] != nil else { return }
        reachability.noteRefused(peer, now: now)
        node.step(.refused(peer), now: now)
    }

    private mutating func noteHeard(_ peer: NodeID, hlc: HybridTimestamp) {
        reachability.noteHeard(peer, now: now)
        let tooFarAhead = Clocks.wallMilliseconds() + Self.clockOffsetMaxMilliseconds
        if hlc.timestamp.millisecondsSinceEpoch <= tooFarAhead { clock.merge(hlc) }
    }

    /// A peer's clock further ahead than this never moves ours.
    private static let clockOffsetMaxMilliseconds: UInt64 = 500

    mutating func answer(_ reply: RPCReply, _ token: ReplyToken, in epoch: Epoch) {
        guard let request = peerAnswers.take(token) else { return }
        do {
            let clock = request.received.map { received in
                PeerClock.Answer(received: received, answered: Clocks.wallMicroseconds())
            }
            request.respond(.answer(try encode(reply, clock, epoch), sender: request.sender.id))
        } catch {
            request.respond(.unavailable("the answer can't be encoded: \(error)"))
        }
    }

    private func encode(_ reply: RPCReply, _ clock: PeerClock.Answer?, _ epoch: Epoch) throws -> [UInt8] {
        switch reply {
        case .appendEntries(let reply): try encode(ReplicateReplyBody(reply), clock, epoch)
        case .heartbeat(let reply): try encode(ReplicateReplyBody(reply), clock, epoch)
        case .requestVote(let reply): try encode(VoteReplyBody(reply), clock, epoch)
        case .readIndex(let reply): try encode(ReadIndexReplyBody(reply), clock, epoch)
        case .timeoutNow(let reply): try encode(TakeOverBody(reply), clock, epoch)
        case .installSnapshot(let reply): try encode(SnapshotReplyBody(reply), clock, epoch)
        }
    }

    /// The node does not hear the request: it does not know the sender, or the sender is of another epoch.
    mutating func turnAway(_ token: ReplyToken) {
        guard let request = peerAnswers.take(token) else { return }
        guard node.isEpochDurable else {
            return request.respond(.unavailable("this node's promotion is on its way to the disk"))
        }
        let isRemoved = node.hasRemoved(request.sender)
        guard isRemoved || node.historyDifference == nil else {
            return request.respond(.unavailable("this node's history and another's differ: see its /status"))
        }
        guard isRemoved || request.epoch != node.epoch else {
            return request.respond(.foreign("the sender is not a member of this cluster as it is known here"))
        }
        do {
            let none = VoteReplyBody?.none
            let answer = try encode(none, nil, node.epoch, removed: isRemoved ? true : nil)
            request.respond(.answer(answer, sender: request.sender.id))
        } catch {
            request.respond(.unavailable("the answer can't be encoded: \(error)"))
        }
    }

    private func encode(
        _ body: (some Codable & Sendable)?,
        _ clock: PeerClock.Answer?,
        _ epoch: Epoch,
        removed: Bool? = nil
    ) throws -> [UInt8] {
        try PeerJSON.encode(
            PeerAnswer(
                from: PeerName(identity),
                epoch: EpochNote(epoch),
                boot: directory.recovered.bootCount,
                hlc: self.clock.latest,
                diskFull: !ownDiskHasRoom,
                clock: clock,
                removed: removed,
                body: body
            )
        )
    }

    var ownDiskHasRoom: Bool { room.acceptsProposals }

    /// Whether this node and enough other voters have room on their disks for a write to be committed.
    var hasRoomForClients: Bool {
        guard ownDiskHasRoom else { return false }
        let withRoom = node.membership.voters.count { voter in
            voter.id == configuration.id || reachability.hasRoom(voter.id, heardSince: now)
        }
        // Where too few are heard at all, the node says so: that is another problem than a full disk.
        return withRoom >= node.membership.quorum || reachability.fullCount == 0
    }

    /// Whether, as far as this node knows, a majority of the voters may be reached.
    var mayHaveQuorum: Bool {
        let voters = node.membership.voters
        return voters.count { !reachability.isGone($0.id, now: now) } >= node.membership.quorum
    }
}
