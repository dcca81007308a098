import Raft
import Storage

// What nodes write, and what is there after a crash.
extension Oracle {
    func handedOut(_ persist: Persist, by replica: SimulatedReplica) {
        let number = replica.machine.number
        if persist.token.rawValue != records[number].lastToken.rawValue + 1 {
            violation(
                .writesOutOfOrder,
                "\(replica.machine.id) goes from write \(records[number].lastToken) to \(persist.token)"
            )
        }
        records[number].lastToken = persist.token
        if let snapshot = persist.install { check(snapshot, by: replica) }
        if let index = persist.truncateAfter, index < records[number].handedOut {
            violation(.appliedDifferently, "\(replica.machine.id) cuts its log after \(index), which is applied")
        }
        records[number].written.apply(persist)
        records[number].unsynced.append(persist)
        for entry in persist.entries {
            noteEntry(entry.id, entry.chain)
            if let membership = entry.decodedMembership { note(membership, entry.id, by: replica) }
        }
        if replica.machine.kind == .witness { checkWritten(persist, byWitness: replica) }
        replica.world.hash.mix(6)
        replica.world.hash.mix(number)
        replica.world.hash.mix(persist.token.rawValue)
        replica.world.hash.mix(UInt64(persist.entries.last?.chain.rawValue ?? 0))
        replica.world.hash.mix(persist.hardState?.term.rawValue ?? 0)
    }

    /// §5.3, Log Matching: the same index and term is the same entry, after the same entries. The chain value names the
    /// whole history.
    private func noteEntry(_ id: EntryID, _ chain: ChainValue) {
        if let known = chains[id] {
            if known != chain { violation(.logMatching, "two histories end in entry \(id): \(known) and \(chain)") }
        } else {
            chains[id] = chain
        }
    }

    /// §5.2: "Each server will vote for at most one candidate in a given term".
    func noteVote(of replica: SimulatedReplica, for candidate: NodeID, in term: Term) {
        let vote = Vote(voter: replica.machine.number, term: term)
        if let known = votes[vote], known != candidate {
            violation(.oneVoteATerm, "\(replica.machine.id) votes for \(known) and \(candidate) in term \(term)")
        }
        votes[vote] = candidate
    }

    /// A state that a node goes on from is what came of the one log.
    private func check(_ snapshot: Snapshot, by replica: SimulatedReplica) {
        let number = replica.machine.number
        guard let known = committed.entry(at: snapshot.last.index), known == (snapshot.last, snapshot.chain) else {
            return violation(
                .appliedDifferently,
                "\(replica.machine.id) goes on from \(snapshot.last), never committed"
            )
        }
        if snapshot.last.index <= records[number].handedOut {
            violation(.appliedDifferently, "\(replica.machine.id) goes back to \(snapshot.last)")
        }
        // E5: never one that came later, or was not committed.
        if committed.membership(at: snapshot.last.index) != snapshot.membership {
            violation(.membershipDiffers, "\(replica.machine.id) goes on from \(snapshot.last) with other members")
        }
        records[number].handedOut = snapshot.last.index
    }

    /// The log on disk begins after this base.
    func trimmed(_ base: BaseState, by replica: SimulatedReplica) {
        let number = replica.machine.number
        if base.entry.index > records[number].handedOut {
            violation(.durableThingsLost, "\(replica.machine.id) folds away \(base.entry), which it has not applied")
        }
        records[number].stored.trim(through: base.entry)
        records[number].written.trim(through: base.entry)
    }

    /// The writer has these on disk.
    func persisted(_ batch: [Persist], by replica: SimulatedReplica) {
        let number = replica.machine.number
        for persist in batch {
            records[number].stored.apply(persist)
            if let hardState = persist.hardState {
                records[number].storedHardState = hardState
                if let vote = hardState.vote { noteVote(of: replica, for: vote, in: hardState.term) }
            }
        }
        records[number].unsynced.removeFirst(batch.count)
        let summary = replica.directory.log.summary
        let ours = records[number].stored.entry(at: records[number].stored.last)
        if let ours, ours != (summary.last, summary.lastChain) {
            violation(.storageDiffers, "\(replica.machine.id) has \(summary.last) on disk instead of \(ours.id)")
        }
        if replica.machine.kind == .witness { checkElectable(beside: replica) }
        if replica.directory.hardState != records[number].storedHardState {
            violation(.storageDiffers, "\(replica.machine.id) has \(replica.directory.hardState) on disk")
        }
    }

    /// A process ended: of what it had handed out, nobody knows how much is on disk.
    func ended(_ replica: SimulatedReplica) {
        let number = replica.machine.number
        records[number].role = .follower
        records[number].commit = .zero
    }

    /// A process found this on its disk.
    func recovered(_ machine: Machine, _ directory: DataDirectory) throws(StorageError) {
        let record = records[machine.number]
        let found: ShadowLog
        do throws(StorageError) {
            found = try ShadowLog(directory)
        } catch  where error.isDamage {
            throw error
        } catch {
            return violation(.nodeCannotStart, "\(machine.id) can't read its log: \(error)")
        }
        // Up to where unsynced writes may have cut it.
        var certain = record.stored.last
        for persist in record.unsynced { certain = min(certain, persist.truncateAfter ?? certain) }
        let isReplaced = record.unsynced.contains { $0.install != nil }
        if !isReplaced, certain > found.base, let expected = record.stored.entry(at: certain),
            found.entry(at: certain).map({ $0 != expected }) ?? true
        {
            violation(
                .durableThingsLost,
                "\(machine.id) had \(expected.id) on disk and finds \(directory.log.summary.last)"
            )
        }
        let hardState = directory.hardState
        let states = [record.storedHardState] + record.unsynced.compactMap(\.hardState)
        if machine.boot > 1, !states.contains(hardState) {
            violation(.durableThingsLost, "\(machine.id) had \(record.storedHardState) on disk and finds \(hardState)")
        }
        if let (id, chain) = found.entry(at: found.last) { noteEntry(id, chain) }
        records[machine.number].stored = found
        records[machine.number].handedOut = max(found.base, directory.recovered.checkpoint?.entry.index ?? .zero)
        records[machine.number].written = found
        records[machine.number].storedHardState = hardState
        records[machine.number].unsynced = []
        records[machine.number].lastToken = PersistToken(0)
        records[machine.number].term = hardState.term
        records[machine.number].membership = nil
    }
}

extension ShadowLog {
    init(_ directory: DataDirectory) throws(StorageError) {
        let log = directory.log
        let summary = log.summary
        var terms: [Term] = []
        for (place, run) in summary.termRuns.enumerated() {
            let end =
                place + 1 < summary.termRuns.count ? summary.termRuns[place + 1].firstIndex : summary.last.index.next
            terms += [Term](repeating: run.term, count: run.firstIndex.distance(to: end))
        }
        let chains = try log.chains(summary.base.index...summary.last.index)
        let base = try directory.base.map { base throws(StorageError) in try Snapshot(base) }
        var memberships = [MembershipVersion(index: summary.base.index, membership: base?.membership ?? .empty)]
        for index in summary.membershipIndexes {
            guard let membership = try log.entry(at: index).decodedMembership else { continue }
            memberships.append(MembershipVersion(index: index, membership: membership))
        }
        self.init(base: summary.base, terms: terms, chains: Array(chains.dropFirst()), memberships: memberships)
    }
}
