import Raft

/// One segment: its header and the open file.
struct SegmentFile: Sendable {
    let header: SegmentHeader
    let file: any DiskFile

    var path: String { header.path }

    /// Makes a segment: filled with zeros, so that a later sync has no size or extent to record; whole and durable
    /// under its name on return, or not there at all.
    static func create(_ header: SegmentHeader, on disk: any Disk) throws(StorageError) -> SegmentFile {
        guard try disk.size(header.path) == nil else { preconditionFailure("\(header.path) is there already") }
        return try replace(header, with: header.encoded(), on: disk)
    }

    /// Puts a segment in place of the one with its number: these bytes, the header first, then zeros. Whole and durable
    /// on return, or still the old one.
    static func replace(
        _ header: SegmentHeader,
        with content: [UInt8],
        on disk: any Disk
    ) throws(StorageError) -> SegmentFile {
        let temporary = disk.temporary(of: header.path)
        do throws(StorageError) {
            let file = try disk.open(temporary, creating: true)
            var written = 0
            while written < header.capacity {
                let end = min(written + chunkBytes, header.capacity)
                var chunk = Array(content[min(written, content.count)..<min(end, content.count)])
                chunk.appendZeros(end - written - chunk.count)
                try file.write(chunk, at: written)
                // One chunk at a time on its way to the disk: the log's own syncs wait behind no more than that.
                try file.sync()
                written = end
            }
            file.close()
            try disk.rename(temporary, to: header.path)
            try disk.syncDirectory("log")
            return SegmentFile(header: header, file: try disk.open(header.path, creating: false))
        } catch {
            guard !error.isFinal else { throw error }
            try disk.remove(temporary)
            throw error
        }
    }

    private static let chunkBytes = 1 << 20
}
