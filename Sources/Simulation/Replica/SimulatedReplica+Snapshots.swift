import Messaging
import Raft
import Storage

// Logs that no longer begin with entry 1: how they come about, what peers are sent then, and what this node is sent.
extension SimulatedReplica {
    /// Once enough has been applied, the writer is to cut the log there.
    func trimWhenDue() {
        let every = UInt64(world.knobs.trimAfter)
        guard every > 0, writer.base == nil, broker.appliedIndex >= lastTrim + every else { return }
        lastTrim = broker.appliedIndex
        guard let (id, chain) = oracle.committed.entry(at: LogIndex(broker.appliedIndex)) else { return }
        trim(
            to: BaseState(
                entry: id,
                chain: chain,
                membership: MembershipCoding.encode(node.membership(at: id.index), cluster: world.cluster),
                state: broker.encodedAsBase
            )
        )
    }

    func sendBase(term: Term, to peer: NodeID, in epoch: Epoch) {
        do throws(StorageError) {
            guard let base = directory.base else { return receive(.failed("the base of a trimmed log is missing")) }
            let request = InstallSnapshot(term: term, snapshot: try Snapshot(base))
            oracle.sending(.installSnapshot(request), to: peer, by: self)
            world.send(.installSnapshot(request), from: self, to: peer, in: epoch)
        } catch {
            receive(.failed("the base of the log can't be read: \(error)"))
        }
    }

    /// To be adopted once it is on disk: until then readers would find the replaced log there.
    func receive(_ snapshot: Snapshot, as token: PersistToken) {
        installing = (token, snapshot)
        applicable = max(applicable, snapshot.last.index)
    }

    func adoptSnapshot() {
        guard let (token, snapshot) = installing, token <= lastPersisted else { return }
        installing = nil
        do throws(StorageError) {
            broker = try Broker(snapshot: snapshot)
        } catch {
            failure = "the primary's snapshot can't be read: \(error)"
            return
        }
        checkpoints.begin()
        lastTrim = snapshot.last.index.rawValue
        clock.merge(broker.latestStamp)
        oracle.adopted(snapshot, by: self)
    }
}

extension Broker {
    init(snapshot: Snapshot) throws(StorageError) {
        do throws(CommandCodingError) {
            try self.init(base: snapshot.state)
        } catch {
            throw StorageError(.unsupported, "the state of the base can't be read: \(error)")
        }
    }
}

extension Snapshot {
    init(_ base: BaseState) throws(StorageError) {
        do throws(MembershipCoding.DecodingError) {
            self.init(
                last: base.entry,
                chain: base.chain,
                membership: try MembershipCoding.decode(base.membership).membership,
                state: base.state
            )
        } catch {
            throw StorageError(.unsupported, "the membership of the base can't be read: \(error)")
        }
    }
}
