import Glibc
import Synchronization

/// A directory of the file system. The one file of this target that hands pointers to the system.
package final class RealDisk: Disk {
    private let path: String
    private let directory: Int32
    private let bytesPerCallMax: Int

    /// Opens the directory at `path`, making it and those above it where missing, readable by this user only.
    ///
    /// - Parameter bytesPerCallMax: most bytes in one system call; Linux takes 0x7FFF_F000 at most.
    package init(path: String, bytesPerCallMax: Int = 0x7FFF_F000) throws(StorageError) {
        self.path = path
        self.bytesPerCallMax = bytesPerCallMax
        try Self.makeDirectories(path)
        directory = try System.call("open", path) { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    }

    deinit { _ = Glibc.close(directory) }

    package func open(_ path: String, creating: Bool) throws(StorageError) -> any DiskFile {
        let flags = O_RDWR | O_CLOEXEC | (creating ? O_CREAT | O_TRUNC : 0)
        let descriptor = try System.call("open", shown(path)) { openat(directory, path, flags, 0o600) }
        return RealFile(path: path, shownPath: shown(path), descriptor: descriptor, bytesPerCallMax: bytesPerCallMax)
    }

    package func list(_ path: String) throws(StorageError) -> [String] {
        let descriptor = try System.call("open", shown(path)) {
            openat(directory, path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }
        guard let stream = fdopendir(descriptor) else {
            let cause = errno
            _ = Glibc.close(descriptor)
            throw System.error("list", shown(path), cause)
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw System.error("list", shown(path), errno) }
        return names.sorted()
    }

    package func size(_ path: String) throws(StorageError) -> Int? {
        var status = stat()
        do throws(StorageError) {
            _ = try System.call("stat", shown(path)) { fstatat(directory, path, &status, 0) }
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
        return Int(status.st_size)
    }

    package func rename(_ path: String, to newPath: String) throws(StorageError) {
        _ = try System.call("rename", shown(path)) { renameat(directory, path, directory, newPath) }
    }

    package func remove(_ path: String) throws(StorageError) {
        do throws(StorageError) {
            _ = try System.call("remove", shown(path)) { unlinkat(directory, path, 0) }
        } catch {
            guard error.code == .notFound else { throw error }
        }
    }

    package func createDirectory(_ path: String) throws(StorageError) {
        _ = try System.call("make directory", shown(path), unless: EEXIST) { mkdirat(directory, path, 0o700) }
    }

    package func syncDirectory(_ path: String) throws(StorageError) {
        let descriptor = try System.call("open", shown(path)) {
            openat(directory, path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }
        defer { _ = Glibc.close(descriptor) }
        _ = try System.call("sync", shown(path)) { fsync(descriptor) }
    }

    package func freeBytes() throws(StorageError) -> Int {
        var status = statvfs()
        _ = try System.call("statvfs", path) { fstatvfs(directory, &status) }
        return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    package func lock(_ path: String) throws(StorageError) -> any DiskLock {
        let descriptor = try System.call("open", shown(path)) {
            openat(directory, path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        }
        let lock = RealLock(descriptor)
        do throws(StorageError) {
            _ = try System.call("lock", shown(path)) { flock(descriptor, LOCK_EX | LOCK_NB) }
        } catch {
            guard error.cause == EWOULDBLOCK else { throw error }
            throw StorageError(
                .locked,
                "The data directory \(self.path) is in use by another tandem process (\(shown(path)) is locked). "
                    + "Stop that one, or give this one another --data directory."
            )
        }
        return lock
    }

    private func shown(_ relative: String) -> String { relative.isEmpty ? path : path + "/" + relative }

    private static func makeDirectories(_ path: String) throws(StorageError) {
        var end = path.startIndex
        while end < path.endIndex {
            let slash = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            let part = String(path[..<slash])
            end = slash
            guard access(part, F_OK) != 0 else { continue }
            _ = try System.call("make directory", part, unless: EEXIST) { mkdir(part, 0o700) }
            try syncParent(of: part)
        }
    }

    private static func syncParent(of path: String) throws(StorageError) {
        let parent =
            path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = try System.call("open", parent) { Glibc.open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { _ = Glibc.close(descriptor) }
        _ = try System.call("sync", parent) { fsync(descriptor) }
    }
}

private final class RealFile: DiskFile {
    let path: String
    private let shownPath: String
    private let bytesPerCallMax: Int
    /// -1 once closed.
    private let descriptor: Atomic<Int32>

    init(path: String, shownPath: String, descriptor: Int32, bytesPerCallMax: Int) {
        self.path = path
        self.shownPath = shownPath
        self.descriptor = Atomic(descriptor)
        self.bytesPerCallMax = bytesPerCallMax
    }

    deinit { close() }

    func size() throws(StorageError) -> Int {
        var status = stat()
        _ = try System.call("stat", shownPath) { fstat(open, &status) }
        return Int(status.st_size)
    }

    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        var failure: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = 0
            do throws(StorageError) {
                while initialized < count {
                    let rest = buffer.baseAddress.map { $0 + initialized }
                    let length = min(count - initialized, bytesPerCallMax)
                    let done = initialized
                    let got = try System.call("read", shownPath) { pread(open, rest, length, offset + done) }
                    guard got > 0 else { return }
                    initialized += got
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        var written = 0
        while written < bytes.count {
            let length = min(bytes.count - written, bytesPerCallMax)
            let done = written
            let count = try System.call("write", shownPath) {
                bytes.withUnsafeBytes { pwrite(open, $0.baseAddress.map { $0 + done }, length, offset + done) }
            }
            // Zero for a count above zero means no more fits, on the file systems that say so.
            guard count > 0 else { throw System.error("write", shownPath, ENOSPC) }
            written += count
        }
    }

    func sync() throws(StorageError) {
        do throws(StorageError) {
            _ = try System.call("sync", shownPath) { fdatasync(open) }
        } catch {
            // Not `.diskFull`, whatever the reason: what was written may be gone from memory as well.
            throw StorageError(.ioError, error.message, cause: error.cause)
        }
    }

    func truncate(to size: Int) throws(StorageError) {
        _ = try System.call("truncate", shownPath) { ftruncate(open, size) }
    }

    func close() {
        let descriptor = descriptor.exchange(-1, ordering: .relaxed)
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
    }

    private var open: Int32 {
        let descriptor = descriptor.load(ordering: .relaxed)
        precondition(descriptor >= 0, "\(shownPath) is used after it was closed")
        return descriptor
    }
}

private final class RealLock: DiskLock {
    private let descriptor: Atomic<Int32>

    init(_ descriptor: Int32) { self.descriptor = Atomic(descriptor) }

    deinit { release() }

    func release() {
        let descriptor = descriptor.exchange(-1, ordering: .relaxed)
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
    }
}

/// The system's calls: repeated when a signal cut them short, their errors given words.
private enum System {
    static func call<Result: FixedWidthInteger & SignedInteger>(
        _ operation: String,
        _ path: String,
        unless allowed: Int32 = 0,
        _ body: () -> Result
    ) throws(StorageError) -> Result {
        while true {
            let result = body()
            if result >= 0 { return result }
            let cause = errno
            if cause == EINTR { continue }
            if cause == allowed { return 0 }
            throw error(operation, path, cause)
        }
    }

    static func error(_ operation: String, _ path: String, _ cause: Int32) -> StorageError {
        let reason = String(cString: strerror(cause))
        switch cause {
        case ENOSPC, EDQUOT:
            return StorageError(
                .diskFull,
                "There is no room to \(operation) \(path). Free space on that disk; service goes on then.",
                cause: cause
            )
        case ENOENT:
            return StorageError(.notFound, "\(path) does not exist.", cause: cause)
        case EMFILE, ENFILE, ENOMEM:
            return StorageError(
                .unavailable,
                "Can't \(operation) \(path): \(reason). Raise the limit of open files (ulimit -n), or free memory.",
                cause: cause
            )
        case EACCES, EPERM, EROFS:
            return StorageError(
                .ioError,
                "Can't \(operation) \(path): \(reason). Let this user read and write the data directory, then start "
                    + "again.",
                cause: cause
            )
        default:
            return StorageError(
                .ioError,
                "Can't \(operation) \(path): \(reason). Check the disk, then start again.",
                cause: cause
            )
        }
    }
}
