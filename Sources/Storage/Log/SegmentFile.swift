import Raft

/// One segment: its header and the open file.
struct SegmentFile: Sendable {
    let header: SegmentHeader
    let file: any DiskFile

    var path: String { header.path }

    /// Makes a segment: filled with zeros, so that a later sync has no size or extent to record; whole and durable
    /// under its name on return, or not there at all.
    static func create(_ header: SegmentHeader, on disk: any Disk) throws(StorageError) -> SegmentFile {
        let temporary = header.path + ".new"
        do throws(StorageError) {
            let file = try disk.open(temporary, creating: true)
            var chunk = header.encoded()
            var written = 0
            while written < header.capacity {
                chunk.appendZeros(min(chunkBytes, header.capacity - written) - chunk.count)
                try file.write(chunk, at: written)
                // One chunk at a time on its way to the disk: the log's own syncs wait behind no more than that.
                try file.sync()
                written += chunk.count
                chunk = []
            }
            file.close()
            guard try disk.size(header.path) == nil else { preconditionFailure("\(header.path) is there already") }
            try disk.rename(temporary, to: header.path)
            try disk.syncDirectory("log")
            return SegmentFile(header: header, file: try disk.open(header.path, creating: false))
        } catch {
            guard !error.isFinal else { throw error }
            try disk.remove(temporary)
            throw error
        }
    }

    /// Opens the segment with this sequence number and checks its header against the file and `expected` owner.
    static func open(
        _ sequence: UInt64,
        cluster: ClusterID,
        incarnation: Incarnation,
        on disk: any Disk
    ) throws(StorageError) -> SegmentFile {
        let path = SegmentHeader.path(of: sequence)
        let file = try disk.open(path, creating: false)
        let header = try SegmentHeader.decode(file.read(at: 0, count: SegmentHeader.byteCount), path: path)
        guard header.cluster == cluster, header.incarnation == incarnation else {
            throw StorageError(
                .foreign,
                "\(path) belongs to another node or cluster (cluster \(header.cluster)). Put this node's own file "
                    + "back, or start with an empty data directory and rejoin."
            )
        }
        guard header.sequence == sequence else {
            throw .damaged(path, at: 40, "this is segment \(header.sequence) under another name")
        }
        let size = try file.size()
        guard size == header.capacity else {
            throw .damaged(path, at: min(size, header.capacity), "it has \(size) bytes instead of \(header.capacity)")
        }
        return SegmentFile(header: header, file: file)
    }

    private static let chunkBytes = 1 << 20
}
