/// A file of nothing, kept so that small writes which must succeed, such as replacing a file to give room back, still
/// have room when the disk is full.
struct ReserveFile: Sendable {
    static let path = "reserve"

    let disk: any Disk
    let bytes: Int

    /// Makes the file where it is missing or short and there is room for twice its size; otherwise does nothing.
    ///
    /// - Parameter needed: what must fit into it, where that is more than its usual size.
    func remake(for needed: Int = 0) throws(StorageError) {
        let wanted = bytes == 0 ? 0 : max(bytes, needed)
        guard try disk.size(Self.path) ?? 0 < wanted, try disk.freeBytes() >= 2 * wanted else { return }
        do throws(StorageError) {
            try disk.replace(Self.path, with: [UInt8](repeating: 0, count: wanted))
        } catch {
            guard error.code == .diskFull else { throw error }
        }
    }

    /// Whether it is there, in its full size.
    var isMade: Bool { (try? disk.size(Self.path)) ?? 0 >= bytes }

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
