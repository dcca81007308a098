import Messaging
import Raft
import SimulatedDisk
import Storage

// A data directory put back from an older copy has forgotten what its node promised since. As in the shell, nodes count
// their starts and note each other's counts, before they hear each other.
extension SimulatedReplica {
    /// What is to be done with what a member sent.
    private enum Hearing { case now, later, never }

    func receive(_ parcel: Parcel) {
        switch hearing(of: parcel.sender, boot: parcel.boots.sender, known: parcel.boots.receiver, .request(parcel)) {
        case .now:
            world.oracle.heard(parcel, by: self)
            noteHeard(parcel.hlc)
            let token = wait(for: parcel)
            step(.request(parcel.request, from: parcel.sender, epoch: parcel.epoch, token: token))
        case .later: break
        case .never: world.answer(parcel, .unserved)
        }
    }

    func receive(
        _ reply: RPCReply,
        from sender: MemberIdentity,
        epoch: Epoch,
        hlc: HybridTimestamp,
        boot: UInt64
    ) {
        let input = Input.reply(reply, from: sender, epoch: epoch, hlc: hlc, boot: boot)
        switch hearing(of: sender, boot: boot, known: 0, input) {
        case .now:
            world.oracle.heardAnswer(of: sender, boot: boot, by: self)
            noteHeard(hlc)
            step(.reply(reply, from: sender, epoch: epoch))
        case .later, .never: break
        }
    }

    private func hearing(of sender: MemberIdentity, boot: UInt64, known: UInt64, _ input: Input) -> Hearing {
        guard failure == nil else { return .never }
        guard let member = node.membership[sender.id], member.identity == sender else { return .now }
        if known > directory.recovered.bootCount {
            noteOutdated(known, to: sender.id)
            return .never
        }
        switch directory.peerNote(sender, boot: boot) {
        case .current: return .now
        case .older: return .never
        case nil:
            let note = BootNote(peer: member, boot: boot, input: input)
            world.schedule(.bootNote(machine: machine.number, boot: self.boot, note), in: diskTime())
            return .later
        }
    }

    private func noteOutdated(_ known: UInt64, to peer: NodeID) {
        failure = "an older copy of the data: start \(directory.recovered.bootCount), but \(peer) knows of \(known)"
        do throws(StorageError) {
            try directory.noteOutdated()
            machine.isTold = true
        } catch {
            world.trace("\(machine.id) can't note that its data is an older copy: \(error)")
        }
    }

    /// A member's start is written down; then what it sent is heard.
    func finish(_ note: BootNote) {
        guard !machine.isDiskHung else {
            return world.schedule(.bootNote(machine: machine.number, boot: boot, note), in: SimulatedWriter.retryDelay)
        }
        do throws(StorageError) {
            _ = try directory.notePeer(note.peer, boot: note.boot)
            machine.knownBoots[note.peer.id] = directory.knownBoot(of: note.peer.identity)
            if machine.disk.isDead { return world.trapped(machine) }
            receive(note.input)
        } catch {
            if machine.disk.isDead { return world.trapped(machine) }
            if error.isFinal { return receive(.failed(error.description)) }
            // An answer is lost, as on its way: the node asks again.
            if case .request(let parcel) = note.input { world.answer(parcel, .unserved) }
        }
    }
}

/// How often a member was started, to be written down before it is heard.
struct BootNote {
    var peer: Membership.Member
    var boot: UInt64
    var input: SimulatedReplica.Input
}
