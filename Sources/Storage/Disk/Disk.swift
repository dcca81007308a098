/// One directory on a disk: everything this node keeps goes through here. Real in production (`RealDisk`), faulty in
/// the simulator.
///
/// Paths are relative to the data directory, with `/` between parts. Any thread may call.
package protocol Disk: Sendable {
    /// Opens a file for reading and writing.
    ///
    /// - Parameter creating: makes an empty file, or empties the one there is. Its name is durable only after
    ///   `syncDirectory` of its directory.
    func open(_ path: String, creating: Bool) throws(StorageError) -> any DiskFile

    /// Names in the directory at `path`, sorted; empty for the data directory itself.
    func list(_ path: String) throws(StorageError) -> [String]

    /// Bytes in the file, or nil where none has this path.
    func size(_ path: String) throws(StorageError) -> Int?

    /// Gives a file another name, replacing the file that has it. Durable after `syncDirectory`.
    func rename(_ path: String, to newPath: String) throws(StorageError)

    /// Removes a file, if there. Durable after `syncDirectory`.
    func remove(_ path: String) throws(StorageError)

    /// Makes a directory, if not there. Durable after `syncDirectory` of the one above.
    func createDirectory(_ path: String) throws(StorageError)

    /// Returns when the names in the directory at `path` are durable.
    func syncDirectory(_ path: String) throws(StorageError)

    /// Bytes that can still be written.
    func freeBytes() throws(StorageError) -> Int

    /// Takes the lock on the file at `path`, made where missing; held until released, or the process ends.
    /// Throws `.locked` at once where another holds it.
    func lock(_ path: String) throws(StorageError) -> any DiskLock
}

/// An open file. Any thread may read while one thread writes.
package protocol DiskFile: AnyObject, Sendable {
    var path: String { get }

    /// Bytes in the file.
    func size() throws(StorageError) -> Int

    /// Up to `count` bytes from `offset`: fewer only where the file ends.
    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8]

    /// Writes all bytes at `offset`. May not be on disk until `sync` returns; where it throws, any part of them may be.
    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError)

    /// Returns when everything written, and the size, is on disk (fdatasync). After an error nothing is known about
    /// what was written since the last one, ever: the system may drop it and report success next time.
    func sync() throws(StorageError)

    /// Sets the size; new bytes are zero.
    func truncate(to size: Int) throws(StorageError)

    /// Closes it; nothing else may be called after. Also done when the last reference goes.
    func close()
}

/// A lock that is held.
package protocol DiskLock: AnyObject, Sendable {
    func release()
}
