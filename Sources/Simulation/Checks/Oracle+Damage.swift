import Raft
import Storage

// Disks that forget: what was lost is neither served nor applied meanwhile, and comes back as it was.
extension Oracle {
    /// Whether a machine has this entry on its disk.
    func holds(_ id: EntryID, on machine: Int) -> Bool {
        !records[machine].isForgotten && records[machine].stored.holds(id)
    }

    /// Read from the log, for a peer or a client.
    func readBack(_ entries: [Entry], by replica: SimulatedReplica) {
        check(entries, readBy: replica.machine)
    }

    /// Given to another node that lost them.
    func copied(_ entries: [Entry], from machine: Machine) { check(entries, readBy: machine) }

    private func check(_ entries: [Entry], readBy machine: Machine) {
        for (place, entry) in entries.enumerated() {
            let isIntact = place == 0 || entry.follows(entries[place - 1].chain)
            if !isIntact || chains[entry.id] != entry.chain {
                violation(.damageServed, "\(machine.id) reads \(entry.id), which is not what was written")
            }
        }
    }

    /// Everything in the log can be read again.
    func repaired(_ machine: Machine, _ directory: DataDirectory) {
        // A process that has taken no part yet is judged when it begins to.
        guard machine.replica != nil else { return }
        let stored = records[machine.number].stored
        do throws(StorageError) {
            let found = try ShadowLog(directory)
            if found != stored {
                violation(.storageDiffers, "\(machine.id) has another log than before the damage, up to \(found.last)")
            }
        } catch  where error.isDamage {
            // Found only now: the keeper goes on.
            return
        } catch {
            violation(.storageDiffers, "\(machine.id) can't read its log, said to be whole: \(error)")
        }
    }

    /// B18: who runs on an older copy of its data has forgotten what it promised.
    func heard(_ parcel: Parcel, by replica: SimulatedReplica) {
        heardAnswer(of: parcel.sender, boot: parcel.boots.sender, by: replica)
    }

    func heardAnswer(of sender: MemberIdentity, boot: UInt64, by replica: SimulatedReplica) {
        // What it sent before the copy was made, and before the copy was put back, is still as good as it was. Of two
        // on older copies neither need know of the other: all others know of both.
        guard let machine = machines.first(where: { $0.identity == sender }), machine.isOutdated,
            !replica.machine.isOutdated, let copy = machine.backup, boot > copy.boot, boot <= machine.lastBoot
        else { return }
        violation(.forgetfulNodeHeard, "\(replica.machine.id) hears \(sender.id), which runs on an older copy")
    }

    /// B14: who lost entries which may not be committed could not send them to anybody.
    func campaigned(_ replica: SimulatedReplica) {
        guard let last = replica.lost.last?.upperBound, last > replica.node.commit else { return }
        violation(.campaignsDamaged, "\(replica.machine.id) campaigns, though it lost entries up to \(last)")
    }
}
