import Raft
import Synchronization

/// Term and vote, and how often this node was started, in the file `vote`: two places for one record. A new one takes
/// the place of the older, with one write and one sync, and may be promised then: whatever becomes of that write, the
/// other place holds the promise before it. The newer readable one counts. Soon after, off the path of promises, the
/// other place gets the same (`copy`), so that the promise also outlives a place that goes bad later.
///
///      0  magic "TandemV1"            8    copy at 0, the other at 4096
///      8  version                     4
///     12  bytes of the vote's name    4    0xFFFFFFFF: no vote
///     16  incarnation                 8
///     24  sequence number             8    counts the records
///     32  boot count                  8
///     40  term                        8
///     48  index                       8    entries from it on may have been lost; 0: none
///     56  the vote's name           448    then zeros
///    504  zero                        4
///    508  CRC-32C over bytes 0..<508  4
struct HardStateFile: Sendable {
    static let path = "vote"
    private static let magic = [UInt8]("TandemV1".utf8)
    private static let version: UInt32 = 1
    private static let copyBytes = 512
    private static let copyOffsets = [0, 4096]
    static let nameBytesMax = 448

    struct Record: Hashable, Sendable {
        var hardState: HardState
        var bootCount: UInt64
        /// Entries from this one on may have been acknowledged, and are lost.
        var lostFrom: LogIndex?
        var sequence: UInt64
    }

    private let file: any DiskFile
    private let incarnation: Incarnation
    private let latencies: SyncLatencies
    private(set) var record: Record
    /// Where the newest copy is that can be read.
    private var newestOffset: Int
    /// Whether the other place has the same.
    private(set) var isCopied: Bool

    var hardState: HardState { record.hardState }

    /// Makes the file of a node that was never started.
    static func create(on disk: any Disk, incarnation: Incarnation) throws(StorageError) {
        let copy = encode(Record(hardState: .initial, bootCount: 0, lostFrom: nil, sequence: 1), incarnation)
        var bytes: [UInt8] = []
        for offset in copyOffsets {
            bytes.appendZeros(offset - bytes.count)
            bytes += copy
        }
        try disk.replace(path, with: bytes)
    }

    /// Whether a file is there that some start has used. Throws `.damaged` where one is there that can't be read.
    static func isUsed(on disk: any Disk) throws(StorageError) -> Bool {
        guard let bytes = try disk.contents(of: path) else { return false }
        guard bytes.count == copyOffsets[1] + copyBytes else {
            throw .damaged(path, at: bytes.count, "it has \(bytes.count) bytes")
        }
        let copies = copyOffsets.map { Array(bytes[$0..<$0 + copyBytes]) }.filter(isWhole)
        guard !copies.isEmpty else { throw .damaged(path, at: 0, "neither copy of the vote can be read") }
        return copies.contains { $0.littleEndian(at: 32, as: UInt64.self) > 0 }
    }

    /// Opens the file and takes the newer of the copies that can be read.
    static func open(
        on disk: any Disk,
        incarnation: Incarnation,
        latencies: SyncLatencies
    ) throws(StorageError) -> HardStateFile {
        guard try disk.size(path) != nil else {
            throw .damaged(path, at: 0, "the file is missing, and with it what this node has voted")
        }
        let file = try disk.open(path, creating: false)
        var newest: (Record, offset: Int)?
        var isCopied = false
        for offset in copyOffsets {
            let bytes = try file.read(at: offset, count: copyBytes)
            guard let record = try decode(bytes, incarnation) else { continue }
            isCopied = record == newest?.0
            if record.sequence > newest?.0.sequence ?? 0 { newest = (record, offset) }
        }
        guard let (record, offset) = newest else { throw .damaged(path, at: 0, "neither copy of the vote can be read") }
        // A process that was killed may have left the newer one unsynced: the older must not be written over before.
        if !isCopied { try latencies.sync(file) }
        return HardStateFile(
            file: file,
            incarnation: incarnation,
            latencies: latencies,
            record: record,
            newestOffset: offset,
            isCopied: isCopied
        )
    }

    /// Replaces term and vote, with one sync; durable on return. Throws with the record as it was where the error isn't
    /// final.
    mutating func write(_ hardState: HardState) throws(StorageError) {
        precondition(
            hardState.term >= record.hardState.term,
            "term \(hardState.term) after \(record.hardState.term)"
        )
        var next = record
        next.hardState = hardState
        try replace(with: next)
    }

    /// Records that entries from this one on, or from an earlier one, may have been lost; nil: no longer. Durable on
    /// return.
    mutating func write(lostFrom index: LogIndex?) throws(StorageError) {
        var next = record
        next.lostFrom = index.map { min($0, record.lostFrom ?? $0) }
        guard next.lostFrom != record.lostFrom else { return }
        try replace(with: next)
        try copy()
    }

    /// Counts one more start; durable on return.
    mutating func countBoot() throws(StorageError) {
        var next = record
        next.bootCount += 1
        try replace(with: next)
        try copy()
    }

    /// Writes the record to the other place too, where it isn't there yet; durable on return.
    mutating func copy() throws(StorageError) {
        guard !isCopied else { return }
        try write(record, at: otherOffset)
        isCopied = true
    }

    private var otherOffset: Int { Self.copyOffsets[0] == newestOffset ? Self.copyOffsets[1] : Self.copyOffsets[0] }

    private mutating func replace(with next: Record) throws(StorageError) {
        var record = next
        record.sequence += 1
        let offset = try isReadable(newestOffset) ? otherOffset : newestOffset
        isCopied = false
        try write(record, at: offset)
        newestOffset = offset
        self.record = record
    }

    /// The newest copy may have gone bad since it was written: then the other one must not be written over before it.
    private func isReadable(_ offset: Int) throws(StorageError) -> Bool {
        do throws(StorageError) {
            return Self.isWhole(try file.read(at: offset, count: Self.copyBytes))
        } catch {
            guard error.isLostData else { throw error }
            return false
        }
    }

    private func write(_ record: Record, at offset: Int) throws(StorageError) {
        try file.write(Self.encode(record, incarnation), at: offset)
        try latencies.sync(file)
    }

    private static func encode(_ record: Record, _ incarnation: Incarnation) -> [UInt8] {
        let name = record.hardState.vote.map { [UInt8]($0.rawValue.utf8) }
        precondition(name?.count ?? 0 <= nameBytesMax, "a node's name of \(name?.count ?? 0) bytes")
        var bytes = magic
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: name.map { UInt32($0.count) } ?? .max)
        bytes.append(littleEndian: incarnation.rawValue)
        bytes.append(littleEndian: record.sequence)
        bytes.append(littleEndian: record.bootCount)
        bytes.append(littleEndian: record.hardState.term.rawValue)
        bytes.append(littleEndian: record.lostFrom?.rawValue ?? 0)
        bytes += name ?? []
        bytes.appendZeros(copyBytes - 4 - bytes.count)
        bytes.append(littleEndian: bytes[...].checksum)
        return bytes
    }

    /// Nil where the copy can't be read.
    private static func decode(_ bytes: [UInt8], _ incarnation: Incarnation) throws(StorageError) -> Record? {
        guard isWhole(bytes) else { return nil }
        guard bytes.littleEndian(at: 8) == version else {
            throw StorageError(
                .unsupported,
                "\(path) was written by a newer version of tandem. Start that version, or a later one."
            )
        }
        guard bytes.littleEndian(at: 16) == incarnation.rawValue else {
            throw StorageError(.foreign, "\(path) belongs to another node. Put this node's own file back.")
        }
        let length: UInt32 = bytes.littleEndian(at: 12)
        let vote = length == .max ? nil : NodeID(String(decoding: bytes[56..<56 + Int(length)], as: UTF8.self))
        let lostFrom = LogIndex(bytes.word(at: 48))
        return Record(
            hardState: HardState(term: Term(bytes.littleEndian(at: 40)), vote: vote),
            bootCount: bytes.littleEndian(at: 32),
            lostFrom: lostFrom == .zero ? nil : lostFrom,
            sequence: bytes.littleEndian(at: 24)
        )
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        bytes.count == copyBytes && Array(bytes[0..<8]) == magic
            && bytes.littleEndian(at: copyBytes - 4) == bytes.dropLast(4).checksum
    }
}
