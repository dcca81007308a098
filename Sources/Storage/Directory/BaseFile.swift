import Raft

/// The file `base`, one of two copies (`TwinFile`).
///
///      0  magic "TandemB1"                       8
///      8  version                                4
///     12  1 if batches of the log are void       4
///     16  cluster id                            16
///     32  incarnation                            8
///     40  number: counts the bases written       8
///     48  batches up to this one are void        8
///     56  the base's entry: index                8
///     64  its term                               8
///     72  its chain value                        4
///     76  zero                                   4
///     80  bytes of the membership                8
///     88  bytes of the state                     8
///     96  membership, state
///      …  CRC-32C over all before it             4
struct BaseFile: TwinFileContent {
    static let path = "base"
    private static let magic = [UInt8]("TandemB1".utf8)
    private static let version: UInt32 = 1
    private static let fixedBytes = 96

    var cluster: ClusterID
    var incarnation: Incarnation
    var number: UInt64
    /// Where the base was not made of this log but came from another node: all that the log held then, up to this
    /// batch, is void, whether or not the log itself says so yet.
    var voidsThrough: UInt64?
    var base: BaseState

    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.fixedBytes + base.membership.count + base.state.count + 4)
        bytes.append(littleEndian: Self.version)
        bytes.append(littleEndian: UInt32(voidsThrough == nil ? 0 : 1))
        bytes.append(littleEndian: cluster.high)
        bytes.append(littleEndian: cluster.low)
        bytes.append(littleEndian: incarnation.rawValue)
        bytes.append(littleEndian: number)
        bytes.append(littleEndian: voidsThrough ?? 0)
        bytes.append(littleEndian: base.entry.index.rawValue)
        bytes.append(littleEndian: base.entry.term.rawValue)
        bytes.append(littleEndian: base.chain.rawValue)
        bytes.appendZeros(4)
        bytes.append(littleEndian: UInt64(base.membership.count))
        bytes.append(littleEndian: UInt64(base.state.count))
        bytes += base.membership
        bytes += base.state
        bytes.append(littleEndian: bytes[...].checksum)
        return bytes
    }

    static func decode(_ bytes: [UInt8]) throws(StorageError) -> BaseFile {
        guard bytes.count >= fixedBytes + 4, Array(bytes[0..<8]) == magic,
            bytes.littleEndian(at: bytes.count - 4) == bytes.dropLast(4).checksum
        else { throw .damaged(path, at: 0, "its checksum is wrong") }
        guard bytes.littleEndian(at: 8) == version else {
            throw StorageError(
                .unsupported,
                "\(path) was written by a newer version of tandem. Start that version, or a later one."
            )
        }
        let (membershipCount, stateCount) = (bytes.word(at: 80), bytes.word(at: 88))
        let room = UInt64(bytes.count - fixedBytes - 4)
        guard membershipCount <= room, stateCount == room - membershipCount else {
            throw StorageError(
                .unsupported,
                "\(path) is whole, but not laid out as any released version of tandem does. Keep a copy, then let this "
                    + "node rejoin with an empty data directory."
            )
        }
        let membershipEnd = fixedBytes + Int(membershipCount)
        let base = BaseState(
            entry: EntryID(term: Term(bytes.word(at: 64)), index: LogIndex(bytes.word(at: 56))),
            chain: ChainValue(bytes.littleEndian(at: 72)),
            membership: Array(bytes[fixedBytes..<membershipEnd]),
            state: Array(bytes[membershipEnd..<bytes.count - 4])
        )
        return BaseFile(
            cluster: ClusterID(high: bytes.word(at: 16), low: bytes.word(at: 24)),
            incarnation: Incarnation(bytes.word(at: 32)),
            number: bytes.word(at: 40),
            voidsThrough: bytes.littleEndian(at: 12, as: UInt32.self) == 1 ? bytes.word(at: 48) : nil,
            base: base
        )
    }
}
