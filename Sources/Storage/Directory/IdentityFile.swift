import Raft

/// The file `identity`, replaced as a whole.
///
///      0  magic "TandemI1"            8
///      8  version                     4
///     12  bit 0: in a cluster         4    bit 1: and settled in, where it joined later; bit 2: joined as a witness
///     16  cluster id                 16
///     32  incarnation                 8
///     40  bytes of the node's name    4
///     44  bytes of the formation      4    0xFFFFFFFF: none
///     48  the node's name, the formation document
///      …  CRC-32C over all before it  4
enum IdentityFile {
    static let path = "identity"
    private static let magic = [UInt8]("TandemI1".utf8)
    private static let version: UInt32 = 1
    private static let fixedBytes = 48
    private static let isMember: UInt32 = 1
    private static let hasSettledIn: UInt32 = 2
    private static let isWitness: UInt32 = 4

    static func encode(_ identity: DirectoryIdentity) -> [UInt8] {
        let name = [UInt8](identity.node.rawValue.utf8)
        var bytes = magic
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: identity.cluster == nil ? 0 : flags(of: identity))
        bytes.append(littleEndian: identity.cluster?.high ?? 0)
        bytes.append(littleEndian: identity.cluster?.low ?? 0)
        bytes.append(littleEndian: identity.incarnation.rawValue)
        bytes.append(littleEndian: UInt32(name.count))
        bytes.append(littleEndian: identity.formation.map { UInt32($0.count) } ?? .max)
        bytes += name
        bytes += identity.formation ?? []
        bytes.append(littleEndian: bytes[...].checksum)
        return bytes
    }

    private static func flags(of identity: DirectoryIdentity) -> UInt32 {
        isMember | (identity.hasSettledIn ? hasSettledIn : 0) | (identity.isWitness ? isWitness : 0)
    }

    static func decode(_ bytes: [UInt8]) throws(StorageError) -> DirectoryIdentity {
        guard bytes.count >= fixedBytes + 4, Array(bytes[0..<8]) == magic,
            bytes.littleEndian(at: bytes.count - 4) == bytes.dropLast(4).checksum
        else { throw .damaged(path, at: 0, "its checksum is wrong") }
        guard bytes.littleEndian(at: 8) == version else {
            throw StorageError(
                .unsupported,
                "\(path) was written by a newer version of tandem. Start that version, or a later one."
            )
        }
        let nameEnd = fixedBytes + Int(bytes.littleEndian(at: 40, as: UInt32.self))
        let formationLength: UInt32 = bytes.littleEndian(at: 44)
        let flags: UInt32 = bytes.littleEndian(at: 12)
        return DirectoryIdentity(
            node: NodeID(String(decoding: bytes[fixedBytes..<nameEnd], as: UTF8.self)),
            incarnation: Incarnation(bytes.littleEndian(at: 32)),
            cluster: flags & isMember != 0
                ? ClusterID(high: bytes.littleEndian(at: 16), low: bytes.littleEndian(at: 24)) : nil,
            formation: formationLength == .max ? nil : Array(bytes[nameEnd..<bytes.count - 4]),
            hasSettledIn: flags & hasSettledIn != 0,
            isWitness: flags & isWitness != 0
        )
    }
}
