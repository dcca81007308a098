/// The bytes of a state machine that a log goes on from, part of the disk and wire formats. Numbers are little-endian.
///
/// ```
/// version 1 (1 byte) │ applied index (8) │ last message id, 0 for none (8) │ latest clock reading (8)
/// ```
/// The messages of the removed entries are removed with them, so there is nothing to say of their number.
///
/// Of one whose log still holds what was applied, on this node's disk only:
///
/// ```
/// version 1 (1 byte) │ applied index (8) │ how many messages (8) │ first message id, 0 for none (8)
///                    │ last message id, 0 for none (8) │ latest clock reading (8)
/// ```
extension Broker {
    private static let version: UInt64 = 1
    private static let checkpointVersion: UInt64 = 1

    /// What a log says that goes on after everything applied so far.
    package var encodedAsBase: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Self.version, bytes: 1)
        bytes.append(littleEndian: appliedIndex, bytes: 8)
        bytes.append(littleEndian: lastID ?? 0, bytes: 8)
        bytes.append(littleEndian: latestStamp.rawValue, bytes: 8)
        return bytes
    }

    /// Reads what `encodedAsBase` writes: a state machine whose log holds no message yet.
    package init(base bytes: [UInt8]) throws(CommandCodingError) {
        var reader = PayloadReader(bytes)
        let version = try reader.number(bytes: 1)
        guard version == Self.version else {
            throw CommandCodingError(description: "the state has version \(version), not \(Self.version)")
        }
        let applied = try reader.number(bytes: 8)
        let last = try reader.number(bytes: 8)
        let stamp = try reader.number(bytes: 8)
        guard reader.isAtEnd else { throw CommandCodingError(description: "the state is longer than it says") }
        self.init(applied: applied, lastID: last == 0 ? nil : last, stamp: HybridTimestamp(rawValue: stamp))
    }

    /// What a node goes on from that starts again with the same log.
    package var encodedAsCheckpoint: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Self.checkpointVersion, bytes: 1)
        for number in [appliedIndex, messageCount, firstID ?? 0, lastID ?? 0, latestStamp.rawValue] {
            bytes.append(littleEndian: number, bytes: 8)
        }
        return bytes
    }

    /// Reads what `encodedAsCheckpoint` writes.
    package init(checkpoint bytes: [UInt8]) throws(CommandCodingError) {
        var reader = PayloadReader(bytes)
        let version = try reader.number(bytes: 1)
        guard version == Self.checkpointVersion else {
            throw CommandCodingError(
                description: "the checkpoint has version \(version), not \(Self.checkpointVersion)"
            )
        }
        let applied = try reader.number(bytes: 8)
        let count = try reader.number(bytes: 8)
        let first = try reader.number(bytes: 8)
        let last = try reader.number(bytes: 8)
        let stamp = try reader.number(bytes: 8)
        guard reader.isAtEnd else { throw CommandCodingError(description: "the checkpoint is longer than it says") }
        self.init(
            applied: applied,
            messages: count,
            firstID: first == 0 ? nil : first,
            lastID: last == 0 ? nil : last,
            stamp: HybridTimestamp(rawValue: stamp)
        )
    }
}
