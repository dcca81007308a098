import Raft

/// The file `peers`, one of two copies (`TwinFile`).
///
///      0  magic "TandemP1"                       8
///      8  version                                4
///     12  how many peers                         4
///     16  incarnation of this node               8
///     24  number: counts the times written       8
///     32  each: incarnation 8, boot count 8, bytes of the name 4, name
///      …  each: kind 4, bytes of the URL 4, URL  of those whose kind isn't 0xFFFFFFFF: not known
///      …  CRC-32C over all before it             4
///
/// Earlier releases wrote no kinds and URLs, and read over them.
struct PeersFile: TwinFileContent {
    static let path = "peers"
    private static let magic = [UInt8]("TandemP1".utf8)
    private static let version: UInt32 = 1
    private static let fixedBytes = 32
    private static let peerBytes = 20
    private static let contactBytes = 8

    var incarnation: Incarnation
    var number: UInt64 = 0
    /// The highest boot count seen of each incarnation of each peer.
    var boots: [PeerBoot] = []

    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: Self.version)
        bytes.append(littleEndian: UInt32(boots.count))
        bytes.append(littleEndian: incarnation.rawValue)
        bytes.append(littleEndian: number)
        for peer in boots {
            let name = [UInt8](peer.peer.id.rawValue.utf8)
            bytes.append(littleEndian: peer.peer.incarnation.rawValue)
            bytes.append(littleEndian: peer.boot)
            bytes.append(littleEndian: UInt32(name.count))
            bytes += name
        }
        for peer in boots {
            let url = [UInt8]((peer.member?.url ?? "").utf8)
            bytes.append(littleEndian: peer.member.map { UInt32($0.kind.rawValue) } ?? .max)
            bytes.append(littleEndian: UInt32(url.count))
            bytes += url
        }
        bytes.append(littleEndian: bytes[...].checksum)
        return bytes
    }

    static func decode(_ bytes: [UInt8]) throws(StorageError) -> PeersFile {
        guard bytes.count >= fixedBytes + 4, Array(bytes[0..<8]) == magic,
            bytes.littleEndian(at: bytes.count - 4) == bytes.dropLast(4).checksum
        else { throw .damaged(path, at: 0, "its checksum is wrong") }
        guard bytes.littleEndian(at: 8) == version else {
            throw StorageError(
                .unsupported,
                "\(path) was written by a newer version of tandem. Start that version, or a later one."
            )
        }
        var file = PeersFile(incarnation: Incarnation(bytes.word(at: 16)), number: bytes.word(at: 24))
        var position = fixedBytes
        for _ in 0..<bytes.littleEndian(at: 12, as: UInt32.self) {
            let nameStart = position + peerBytes
            guard nameStart <= bytes.count - 4 else { throw .damaged(path, at: position, "it ends within a peer") }
            let nameEnd = nameStart + Int(bytes.littleEndian(at: position + 16, as: UInt32.self))
            guard nameEnd <= bytes.count - 4 else { throw .damaged(path, at: position, "it ends within a peer") }
            let peer = MemberIdentity(
                id: NodeID(String(decoding: bytes[nameStart..<nameEnd], as: UTF8.self)),
                incarnation: Incarnation(bytes.word(at: position))
            )
            file.boots.append(PeerBoot(peer: peer, boot: bytes.word(at: position + 8)))
            position = nameEnd
        }
        if position < bytes.count - 4 { try file.decodeContacts(bytes, from: position) }
        return file
    }

    private mutating func decodeContacts(_ bytes: [UInt8], from start: Int) throws(StorageError) {
        var position = start
        for place in boots.indices {
            let urlStart = position + Self.contactBytes
            guard urlStart <= bytes.count - 4 else { throw .damaged(Self.path, at: position, "it ends within a URL") }
            let urlEnd = urlStart + Int(bytes.littleEndian(at: position + 4, as: UInt32.self))
            guard urlEnd <= bytes.count - 4 else { throw .damaged(Self.path, at: position, "it ends within a URL") }
            let kind = UInt8(exactly: bytes.littleEndian(at: position, as: UInt32.self))
            boots[place].member = kind.flatMap(Membership.Member.Kind.init).map { kind in
                Membership.Member(
                    id: boots[place].peer.id,
                    kind: kind,
                    incarnation: boots[place].peer.incarnation,
                    url: String(decoding: bytes[urlStart..<urlEnd], as: UTF8.self)
                )
            }
            position = urlEnd
        }
    }
}
