import Raft

/// The file `checkpoint`: derived, good only for a log that holds its entry and begins where it says.
///
///      0  magic "TandemC1"                                     8
///      8  version                                              4
///     12  zero                                                 4
///     16  cluster id                                          16
///     32  incarnation                                          8
///     40  the entry before the log's first one: index 8, term 8
///     56  the last entry applied: index 8, term 8
///     72  its chain value                                      8
///     80  the state
///      …  CRC-32C over all before it                           4
struct CheckpointFile: Hashable, Sendable {
    static let path = "checkpoint"
    private static let magic = [UInt8]("TandemC1".utf8)
    private static let version: UInt32 = 1
    private static let fixedBytes = 80

    var cluster: ClusterID
    var incarnation: Incarnation
    var base: EntryID
    var checkpoint: Checkpoint

    init(cluster: ClusterID, incarnation: Incarnation, base: EntryID, checkpoint: Checkpoint) {
        self.cluster = cluster
        self.incarnation = incarnation
        self.base = base
        self.checkpoint = checkpoint
    }

    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: Self.version)
        bytes.appendZeros(4)
        bytes.append(littleEndian: cluster.high)
        bytes.append(littleEndian: cluster.low)
        bytes.append(littleEndian: incarnation.rawValue)
        bytes.append(base)
        bytes.append(checkpoint.entry)
        bytes.append(littleEndian: UInt64(checkpoint.chain.rawValue))
        bytes += checkpoint.state
        bytes.append(littleEndian: bytes[...].checksum)
        return bytes
    }

    /// Nil where these are not the bytes of a checkpoint.
    init?(_ bytes: [UInt8]) {
        guard bytes.isDerivedFile(magic: Self.magic, version: Self.version, fixedBytes: Self.fixedBytes) else {
            return nil
        }
        cluster = ClusterID(high: bytes.word(at: 16), low: bytes.word(at: 24))
        incarnation = Incarnation(bytes.word(at: 32))
        base = bytes.entryID(at: 40)
        checkpoint = Checkpoint(
            entry: bytes.entryID(at: 56),
            chain: bytes.chain(at: 72),
            state: Array(bytes[Self.fixedBytes..<bytes.count - 4])
        )
    }

    /// The one that a directory with this identity and base has; nil where there is none that can be used.
    static func read(
        _ identity: DirectoryIdentity,
        base: BaseState?,
        on disk: any Disk
    ) throws(StorageError) -> Checkpoint? {
        let bytes = try disk.derivedContents(of: path)
        guard let file = bytes.flatMap({ CheckpointFile($0) }), file.cluster == identity.cluster,
            file.incarnation == identity.incarnation, file.base == base?.entry ?? .zero
        else { return nil }
        return file.checkpoint
    }
}
