/// A file of nothing, kept so that small writes which must succeed, such as replacing a file to give room back, still
/// have room when the disk is full.
struct ReserveFile: Sendable {
    static let path = "reserve"

    let disk: any Disk
    let bytes: Int

    /// Makes the file where it is missing or short and there is room for twice its size; otherwise does nothing.
    func remake() throws(StorageError) {
        guard bytes > 0, try disk.size(Self.path) ?? 0 < bytes else { return }
        guard try disk.freeBytes() >= 2 * bytes else { return }
        try disk.replace(Self.path, with: [UInt8](repeating: 0, count: bytes))
    }

    /// Gives its room back.
    func release() throws(StorageError) {
        try disk.remove(Self.path)
        try disk.syncDirectory("")
    }

    /// Does something that takes a little room, giving up the reserve where the disk is full.
    func withRoom<Result>(_ body: () throws(StorageError) -> Result) throws(StorageError) -> Result {
        do throws(StorageError) {
            return try body()
        } catch {
            guard error.code == .diskFull, try disk.size(Self.path) != nil else { throw error }
        }
        try release()
        return try body()
    }
}
