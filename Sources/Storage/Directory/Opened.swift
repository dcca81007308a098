import Raft

/// A data directory's contents, read and made durable.
struct Opened: Sendable {
    var recovered: Recovered
    var vote: HardStateFile
    var log: SegmentedLog
    var base: BaseFile?
    var peers: PeersFile
    var memberships: LoggedMemberships

    /// Reads the directory, making what belongs into a new one.
    ///
    /// In a new directory the vote comes first and the identity last: a directory with an identity has all the rest,
    /// and what is missing then was lost.
    static func open(
        on disk: any Disk,
        node: NodeID,
        incarnation: Incarnation,
        settings: StorageSettings,
        latencies: SyncLatencies
    ) throws(StorageError) -> Opened {
        try disk.createDirectory("log")
        try disk.syncDirectory("")
        let segments = try LogRecovery.segments(on: disk)
        let found = try disk.contents(of: IdentityFile.path)
        let identity =
            if let found { try IdentityFile.decode(found) } else {
                try make(DirectoryIdentity(node: node, incarnation: incarnation), on: disk, segments: segments)
            }
        guard identity.node == node else {
            throw StorageError(
                .foreign,
                "The data directory belongs to node \(identity.node), not \(node). Give --id \(identity.node), or "
                    + "another --data directory."
            )
        }
        var vote = try HardStateFile.open(on: disk, incarnation: identity.incarnation, latencies: latencies)
        var damage: [Damage] = []
        let base = try openBase(identity, on: disk, noting: &damage)
        let peers = try openPeers(identity, on: disk, noting: &damage)
        var checkpoint = try CheckpointFile.read(identity, base: base?.base, on: disk)
        let log = try openLog(
            identity,
            base: base,
            checkpoint: &checkpoint,
            segments: segments,
            on: disk,
            settings: settings,
            latencies: latencies
        ) { index throws(StorageError) in try vote.write(lostFrom: index) }
        // A node needs all of them at once: damage to them must be known, also where recovery didn't look.
        let memberships = try LoggedMemberships(log)
        damage += log.damage
        try mend(log)
        let reserve = ReserveFile(disk: disk, bytes: settings.reserveBytes)
        try reserve.remake(for: base.map { TwinFile<BaseFile>.bytesNeeded(for: $0) } ?? 0)
        try vote.countBoot()
        let recovered = Recovered(
            identity: identity,
            isNew: found == nil,
            hardState: vote.hardState,
            bootCount: vote.record.bootCount,
            log: log.summary,
            base: base?.base,
            checkpoint: checkpoint,
            damage: damage,
            lostFrom: vote.record.lostFrom,
            peerBoots: peers.boots
        )
        return Opened(
            recovered: recovered,
            vote: vote,
            log: log,
            base: base,
            peers: peers,
            memberships: memberships
        )
    }

    private static func make(
        _ identity: DirectoryIdentity,
        on disk: any Disk,
        segments: [UInt64]
    ) throws(StorageError) -> DirectoryIdentity {
        guard segments.isEmpty, try !HardStateFile.isUsed(on: disk), try disk.size(BaseFile.path) == nil,
            try disk.size(PeersFile.path) == nil
        else {
            throw .damaged(IdentityFile.path, at: 0, "the file is missing, though the directory was used")
        }
        try HardStateFile.create(on: disk, incarnation: identity.incarnation)
        try disk.replace(IdentityFile.path, with: IdentityFile.encode(identity))
        return identity
    }

    private static func openBase(
        _ identity: DirectoryIdentity,
        on disk: any Disk,
        noting damage: inout [Damage]
    ) throws(StorageError) -> BaseFile? {
        guard let file = try TwinFile<BaseFile>(disk: disk).open(noting: &damage) else { return nil }
        guard file.cluster == identity.cluster, file.incarnation == identity.incarnation else {
            throw StorageError(
                .foreign,
                "\(BaseFile.path) belongs to another node or cluster. Put this node's own file back."
            )
        }
        return file
    }

    private static func openPeers(
        _ identity: DirectoryIdentity,
        on disk: any Disk,
        noting damage: inout [Damage]
    ) throws(StorageError) -> PeersFile {
        guard let file = try TwinFile<PeersFile>(disk: disk).open(noting: &damage) else {
            return PeersFile(incarnation: identity.incarnation)
        }
        guard file.incarnation == identity.incarnation else {
            throw StorageError(
                .foreign,
                "\(PeersFile.path) belongs to another node. Put this node's own file back."
            )
        }
        return file
    }

    /// - Parameter checkpoint: becomes nil where the log isn't the one it was made of.
    private static func openLog(
        _ identity: DirectoryIdentity,
        base: BaseFile?,
        checkpoint: inout Checkpoint?,
        segments: [UInt64],
        on disk: any Disk,
        settings: StorageSettings,
        latencies: SyncLatencies,
        lose: (LogIndex) throws(StorageError) -> Void
    ) throws(StorageError) -> SegmentedLog {
        let derived = DerivedFiles(disk: disk, settings: settings)
        guard let cluster = identity.cluster else {
            for sequence in segments { try removeUnused(sequence, on: disk) }
            return SegmentedLog(
                disk: disk,
                settings: settings,
                incarnation: identity.incarnation,
                latencies: latencies,
                preparer: SegmentPreparer(disk: disk, settings: settings, current: 0, ready: nil),
                derived: derived,
                positions: LogPositions(),
                writer: LogWriter()
            )
        }
        func read(applied: LogIndex) throws(StorageError) -> LogRecovery {
            var recovery = LogRecovery(
                disk: disk,
                settings: settings,
                cluster: cluster,
                incarnation: identity.incarnation,
                base: base,
                applied: applied
            )
            try recovery.read(segments)
            return recovery
        }
        var recovery = try read(applied: checkpoint?.entry.index ?? .zero)
        if let found = checkpoint, recovery.mustReadAll(for: found) {
            checkpoint = nil
            recovery = try read(applied: .zero)
        }
        return try recovery.finish(latencies, derived, lose: lose)
    }

    /// Makes good what this node can by itself. Without room that can wait.
    private static func mend(_ log: SegmentedLog) throws(StorageError) {
        do throws(StorageError) {
            _ = try log.repair([], withoutPayloads: false)
        } catch {
            guard error.code == .diskFull else { throw error }
        }
    }

    /// A first segment is made just before the identity says to which cluster the node belongs: it holds nothing yet.
    private static func removeUnused(_ sequence: UInt64, on disk: any Disk) throws(StorageError) {
        let path = SegmentHeader.path(of: sequence)
        let bytes = try disk.contents(of: path) ?? []
        guard bytes.lastNonZero(from: SegmentHeader.byteCount) == nil else {
            throw .damaged(IdentityFile.path, at: 0, "it names no cluster, though \(path) holds entries of one")
        }
        try disk.remove(path)
        try disk.syncDirectory("log")
    }
}
