import Raft

/// The first 64 bytes of a segment, written when the file is prepared and never again.
///
///      0  magic "TandemL1"           8
///      8  version                    4
///     12  bytes in this header       4
///     16  cluster id                16
///     32  incarnation                8
///     40  sequence number            8   segments are numbered from 1 without gaps
///     48  bytes in the file          8
///     56  zero                       4
///     60  CRC-32C over bytes 0..<60  4
struct SegmentHeader: Hashable, Sendable {
    static let byteCount = 64
    private static let magic = [UInt8]("TandemL1".utf8)
    private static let version: UInt32 = 1

    var cluster: ClusterID
    var incarnation: Incarnation
    var sequence: UInt64
    var capacity: Int

    /// A number nobody outside this node can know, mixed into every checksum of the segment's own bookkeeping: a
    /// message whose content imitates a mark, or bytes of another segment, can't be taken for ours.
    var key: UInt64 {
        var mixed = incarnation.rawValue ^ (sequence &* 0x9E37_79B9_7F4A_7C15)
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return (mixed ^ (mixed >> 31)) | 1
    }

    static func path(of sequence: UInt64) -> String {
        let digits = String(sequence)
        return "log/" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".log"
    }

    /// The sequence number in a file name such as `0000000001.log`; nil for any other name.
    static func sequence(ofFileNamed name: String) -> UInt64? {
        guard name.hasSuffix(".log"), let sequence = UInt64(name.dropLast(4)) else { return nil }
        return path(of: sequence) == "log/" + name ? sequence : nil
    }

    var path: String { Self.path(of: sequence) }

    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: Self.version)
        bytes.append(littleEndian: UInt32(Self.byteCount))
        bytes.append(littleEndian: cluster.high)
        bytes.append(littleEndian: cluster.low)
        bytes.append(littleEndian: incarnation.rawValue)
        bytes.append(littleEndian: sequence)
        bytes.append(littleEndian: UInt64(capacity))
        bytes.appendZeros(4)
        bytes.append(littleEndian: bytes[...].checksum)
        return bytes
    }

    /// Reads the header of the file at `path`, whose first bytes these are. Throws `.damaged` or `.unsupported`.
    static func decode(_ bytes: [UInt8], path: String) throws(StorageError) -> SegmentHeader {
        guard bytes.count >= byteCount else {
            throw .damaged(path, at: bytes.count, "the file ends within its header")
        }
        guard Array(bytes[0..<8]) == magic, bytes.littleEndian(at: 60) == bytes[0..<60].checksum else {
            throw .damaged(path, at: 0, "the header's checksum is wrong")
        }
        guard bytes.littleEndian(at: 8) == version else {
            throw StorageError(
                .unsupported,
                "\(path) was written by a newer version of tandem. Start that version, or a later one."
            )
        }
        return SegmentHeader(
            cluster: ClusterID(high: bytes.littleEndian(at: 16), low: bytes.littleEndian(at: 24)),
            incarnation: Incarnation(bytes.littleEndian(at: 32)),
            sequence: bytes.littleEndian(at: 40),
            capacity: Int(clamping: bytes.littleEndian(at: 48, as: UInt64.self))
        )
    }
}
