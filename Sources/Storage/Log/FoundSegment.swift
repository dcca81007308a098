import Raft

/// A segment as a start finds it: also one that isn't what it was made as.
struct FoundSegment {
    var segment: SegmentFile
    /// As many as it was made with; zero where they can't be read.
    var bytes: [UInt8]
    /// Whether the file says itself which segment it is.
    var hasHeader: Bool
    /// Bytes at its end are missing.
    var isCut: Bool
    /// The first place where not all bytes are what was written there, as far as that shows without scanning them.
    var damagedAt: Int?

    var sequence: UInt64 { segment.header.sequence }

    /// Whether nothing can have been written to it that isn't there.
    var isAsMade: Bool { hasHeader && !isCut }

    /// Whether any batch of it can be recognised.
    var hasMark: Bool {
        CommitMark.first(in: bytes, from: SegmentHeader.byteCount, sequence: 0, key: segment.header.key) != nil
    }

    /// Where there are bytes other than zero behind the header.
    var unreadBytes: Range<Int>? {
        bytes.lastNonZero(from: SegmentHeader.byteCount).map { SegmentHeader.byteCount..<$0 + 1 }
    }

    /// Opens the segment with this number; nil where there is none. Throws `.foreign` for one of another node.
    static func open(
        _ sequence: UInt64,
        cluster: ClusterID,
        incarnation: Incarnation,
        on disk: any Disk
    ) throws(StorageError) -> FoundSegment? {
        let path = SegmentHeader.path(of: sequence)
        guard try disk.size(path) != nil else { return nil }
        let file = try disk.open(path, creating: false)
        let size = try file.size()
        let own = try ownHeader(of: file, sequence: sequence)
        if let own, own.cluster != cluster || own.incarnation != incarnation {
            throw StorageError(
                .foreign,
                "\(path) belongs to another node or cluster (cluster \(own.cluster)). Put this node's own file "
                    + "back, or start with an empty data directory and rejoin."
            )
        }
        let header =
            own
            ?? SegmentHeader(
                cluster: cluster,
                incarnation: incarnation,
                sequence: sequence,
                capacity: max(size, capacityMin)
            )
        var (bytes, damagedAt) = try file.readPieces(count: min(size, header.capacity))
        bytes.appendZeros(header.capacity - bytes.count)
        if own == nil { damagedAt = 0 }
        if size != header.capacity { damagedAt = min(damagedAt ?? .max, size, header.capacity) }
        return FoundSegment(
            segment: SegmentFile(header: header, file: file),
            bytes: bytes,
            hasHeader: own != nil,
            isCut: size < header.capacity,
            damagedAt: damagedAt
        )
    }

    private static let capacityMin = 512

    /// What the file says which segment it is; nil where that can't be read, or is none with this number.
    private static func ownHeader(of file: any DiskFile, sequence: UInt64) throws(StorageError) -> SegmentHeader? {
        do throws(StorageError) {
            let (bytes, _) = try file.readPieces(count: SegmentHeader.byteCount)
            let header = try SegmentHeader.decode(bytes, path: file.path)
            return header.sequence == sequence ? header : nil
        } catch {
            guard case .damaged = error.code else { throw error }
            return nil
        }
    }
}

/// What a disk can lose by itself.
private let sectorBytes = 512

extension DiskFile {
    /// The first `count` bytes, zero where the disk can't give them back, and the first such place.
    fileprivate func readPieces(count: Int) throws(StorageError) -> ([UInt8], damagedAt: Int?) {
        do throws(StorageError) {
            return (try read(at: 0, count: count), nil)
        } catch {
            guard error.isLostData else { throw error }
        }
        var bytes: [UInt8] = []
        var damagedAt: Int?
        while bytes.count < count {
            let piece = min(sectorBytes, count - bytes.count)
            do throws(StorageError) {
                bytes += try read(at: bytes.count, count: piece)
            } catch {
                guard error.isLostData else { throw error }
                damagedAt = damagedAt ?? bytes.count
                bytes.appendZeros(piece)
            }
        }
        return (bytes, damagedAt)
    }
}
