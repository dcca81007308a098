extension Disk {
    /// Puts a file with these bytes in place of the one at `path`, so that after a crash at any point either the old
    /// or the new one is there, whole. Durable on return.
    func replace(_ path: String, with bytes: [UInt8]) throws(StorageError) {
        try writeTemporary(for: path, bytes)
        try rename(temporary(of: path), to: path)
        try syncDirectory(directory(of: path))
    }

    /// Where the next content of the file at `path` is written.
    func temporary(of path: String) -> String { path + ".new" }

    /// Writes what will replace the file at `path`. On the disk on return, though not under a name that lasts.
    func writeTemporary(for path: String, _ bytes: [UInt8]) throws(StorageError) {
        // A rename that a crash cut in half may have left the file in place under this name as well.
        if try size(temporary(of: path)) != nil { try remove(temporary(of: path)) }
        let file = try open(temporary(of: path), creating: true)
        defer { file.close() }
        try file.write(bytes, at: 0)
        try file.sync()
    }

    /// The whole file at `path`, or nil where there is none.
    func contents(of path: String) throws(StorageError) -> [UInt8]? {
        guard let size = try size(path) else { return nil }
        let file = try open(path, creating: false)
        defer { file.close() }
        return try file.read(at: 0, count: size)
    }

    private func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
