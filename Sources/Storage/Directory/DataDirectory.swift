package import Raft
import Synchronization

/// Everything one node keeps on its disk, in one directory that one process uses at a time.
///
/// One thread calls `persist`; any thread may read the log, and ask for `room`, meanwhile.
package final class DataDirectory: Sendable {
    /// What was found when it was opened.
    package let recovered: Recovered
    /// The log, for reading.
    package let log: SegmentedLog
    /// How long syncs took.
    package let syncLatencies: SyncLatencies

    let disk: any Disk
    private let settings: StorageSettings
    let reserve: ReserveFile
    private let lock: any DiskLock
    /// What the writing thread works on; held while it waits for the disk.
    private let state: Mutex<State>
    /// What others may know of that, at any time.
    let published: Mutex<Published>

    struct Published: Sendable {
        var identity: DirectoryIdentity
        var hardState: HardState
        var base: BaseState?
        var lostFrom: LogIndex?
        var peerBoots: [PeerBoot]
        var memberships: LoggedMemberships
    }

    struct State: Sendable {
        var vote: HardStateFile
        var base: BaseFile?
        var peers: PeersFile
        /// Everything up to here is durable: a call that failed for lack of room goes on behind it.
        var durable = PersistToken(0)
        /// Why nothing may be written any more.
        var failure: StorageError?
    }

    private init(
        disk: any Disk,
        settings: StorageSettings,
        opened: Opened,
        lock: any DiskLock,
        latencies: SyncLatencies
    ) {
        self.disk = disk
        self.settings = settings
        self.lock = lock
        recovered = opened.recovered
        log = opened.log
        syncLatencies = latencies
        reserve = ReserveFile(disk: disk, bytes: settings.reserveBytes)
        state = Mutex(State(vote: opened.vote, base: opened.base, peers: opened.peers))
        published = Mutex(
            Published(
                identity: opened.recovered.identity,
                hardState: opened.recovered.hardState,
                base: opened.recovered.base,
                lostFrom: opened.recovered.lostFrom,
                peerBoots: opened.peers.boots,
                memberships: opened.memberships
            )
        )
    }

    /// Opens the directory, making it where it is new, and recovers what it holds. On return all of that is durable.
    ///
    /// - Parameters:
    ///   - node: who this node is; throws `.foreign` where the directory is another's.
    ///   - incarnation: a random number, kept if the directory is new.
    package static func open(
        on disk: any Disk,
        node: NodeID,
        incarnation: Incarnation,
        settings: StorageSettings = StorageSettings()
    ) throws(StorageError) -> DataDirectory {
        let lock = try disk.lock("lock")
        let latencies = SyncLatencies(now: settings.now)
        do throws(StorageError) {
            let opened = try Opened.open(
                on: disk,
                node: node,
                incarnation: incarnation,
                settings: settings,
                latencies: latencies
            )
            return DataDirectory(disk: disk, settings: settings, opened: opened, lock: lock, latencies: latencies)
        } catch {
            lock.release()
            throw error
        }
    }

    /// Whom the directory belongs to now.
    package var identity: DirectoryIdentity { published.withLock { $0.identity } }

    /// Term and vote as they are on the disk now.
    package var hardState: HardState { published.withLock { $0.hardState } }

    /// What the log goes on from, where it doesn't begin with entry 1.
    package var base: BaseState? { published.withLock { $0.base } }

    /// Makes this node one of a cluster, once: the log can be written to from then on. Durable on return. The same call
    /// may be made again; throws `.foreign` for another cluster.
    ///
    /// - Parameters:
    ///   - formation: what the cluster was formed of; nil for a node that joins one.
    ///   - isWitness: it joins as a witness.
    package func adopt(
        cluster: ClusterID,
        formation: [UInt8]?,
        isWitness: Bool = false
    ) throws(StorageError) {
        try guarded { _ throws(StorageError) in
            var identity = self.identity
            if identity.cluster == cluster { return }
            guard identity.cluster == nil else {
                throw StorageError(.foreign, "This node belongs to a cluster already, and can't join \(cluster).")
            }
            try log.start(cluster: cluster)
            identity.cluster = cluster
            identity.formation = formation
            identity.isWitness = isWitness
            try replaceIdentity(identity)
        }
    }

    /// Writes down that this node has become in its cluster what it was to be when it joined. Durable on return.
    package func settleIn() throws(StorageError) {
        try guarded { _ throws(StorageError) in
            var identity = self.identity
            precondition(identity.cluster != nil, "\(identity.node) settles in without a cluster")
            guard !identity.hasSettledIn else { return }
            identity.hasSettledIn = true
            try replaceIdentity(identity)
        }
    }

    private func replaceIdentity(_ identity: DirectoryIdentity) throws(StorageError) {
        try reserve.withRoom { () throws(StorageError) in
            try disk.replace(IdentityFile.path, with: IdentityFile.encode(identity))
        }
        published.withLock { $0.identity = identity }
    }

    /// Begins an empty log with what every member of a fresh cluster begins with. Durable on return. Not one of the
    /// writes that `persist` counts.
    package func begin(_ hardState: HardState, _ entries: [Entry]) throws(StorageError) {
        try guarded { state throws(StorageError) in
            precondition(log.summary.last == .zero, "the log already holds entries up to \(log.summary.last)")
            try state.vote.write(hardState)
            published.withLock { $0.hardState = hardState }
            try log.append([.append(entries)])
            published.withLock { $0.memberships.add(entries) }
        }
    }

    /// Makes all of this durable, in order: of each part the vote, then the snapshot, then the cut, then the entries;
    /// of the parts, one after the other. Parts without a new vote or a snapshot share one write and one sync.
    ///
    /// Throws `.diskFull` where there is no room: nothing of this call may be acknowledged, and it is made again as it
    /// is, with or without more behind it. An error that is final means the process must end.
    package func persist(_ batch: [Persist]) throws(StorageError) {
        try guarded { state throws(StorageError) in
            var steps: [LogStep] = []
            var done = state.durable
            for part in batch where part.token > state.durable {
                if let hardState = part.hardState, hardState != state.vote.hardState {
                    try flush(&steps, through: done, &state)
                    try state.vote.write(hardState)
                    published.withLock { $0.hardState = hardState }
                }
                if let snapshot = part.install {
                    try flush(&steps, through: done, &state)
                    try install(BaseState(snapshot, cluster: requiredCluster), &state)
                }
                if let index = part.truncateAfter {
                    steps.append(.truncate(after: index))
                    published.withLock { $0.memberships.truncate(after: index) }
                }
                if !part.entries.isEmpty {
                    steps.append(.append(part.entries))
                    published.withLock { $0.memberships.add(part.entries) }
                }
                done = part.token
            }
            try flush(&steps, through: done, &state)
        }
    }

    /// Lets damage to the last batch be told from a torn write from here on. For when nothing has happened for a while.
    package func seal() throws(StorageError) {
        try guarded { state throws(StorageError) in
            try state.vote.copy()
            try log.seal()
        }
    }

    /// Writes the last vote a second time, so that it outlives damage to the first place. Soon after each vote, but not
    /// before what waits for it.
    package func copyVote() throws(StorageError) {
        try guarded { state throws(StorageError) in
            try state.vote.copy()
        }
    }

    /// Throws why nothing may be written any more, where that is so. Where work ahead of the writes failed, the next
    /// write tells of it, if one comes.
    package func requireWritable() throws(StorageError) {
        try guarded { _ in }
    }

    /// How much more the log can take. Never waits for a write. Also tries again to make room ahead where that failed,
    /// at most once in `StorageSettings.retryInterval`: ask now and then.
    package var room: Room {
        log.prepareNext()
        let segmentBytes = log.segmentBytesLeft
        let preparedBytes = log.preparer.readyBytes
        let isFull = preparedBytes == 0 && log.preparer.failure != nil
        return Room(
            segmentBytes: segmentBytes,
            preparedBytes: preparedBytes,
            freeBytes: try? disk.freeBytes(),
            acceptsProposals: !isFull || segmentBytes >= settings.lowWaterBytes
        )
    }

    /// Whether the room kept for small writes to a full disk is missing: there was none for it, or it was needed.
    package var lacksReserve: Bool { !reserve.isMade }

    /// Seals the log and lets another process have the directory. Nothing else may be called after.
    package func close() throws(StorageError) {
        defer { lock.release() }
        log.preparer.wait()
        log.derived.wait()
        try seal()
    }

    private func flush(
        _ steps: inout [LogStep],
        through token: PersistToken,
        _ state: inout State
    ) throws(StorageError) {
        if !steps.isEmpty { try log.append(steps) }
        steps = []
        state.durable = token
    }

    /// Runs one write after the other, and none after one that failed for another reason than lack of room.
    func guarded(_ body: (inout State) throws(StorageError) -> Void) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            if let failure = state.failure { throw failure }
            if let failure = log.preparer.failure, failure.isFinal { throw failure }
            if let failure = log.derived.failure { throw failure }
            do throws(StorageError) {
                try body(&state)
            } catch {
                if error.isFinal { state.failure = error }
                throw error
            }
        }
    }
}
