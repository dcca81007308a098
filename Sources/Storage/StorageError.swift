import Raft

/// Why the storage of this node could not do what it was asked.
package struct StorageError: Error, Hashable, Sendable {
    package enum Code: Hashable, Sendable {
        /// No room on the disk, or the quota is used up. Nothing changed; the same call may be made again.
        case diskFull
        /// Bytes on the disk are not the ones written there.
        case damaged(Damage)
        /// The system has no more memory or file descriptors. Nothing changed; the same call may be made again.
        case unavailable
        /// Another process uses the data directory.
        case locked
        /// The disk refused an operation. Nothing may be written after this by the same process.
        case ioError
        /// The files belong to another node or cluster.
        case foreign
        /// The files were written by a newer version.
        case unsupported
        /// The log does not hold what was asked for.
        case outOfRange
        /// The file does not exist.
        case notFound
    }

    package var code: Code
    /// What happened and what to do about it, for the operator.
    package var message: String
    /// The system's error number, where the system said no.
    package var cause: Int32?

    package init(_ code: Code, _ message: String, cause: Int32? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Nobody knows any more what the disk holds: nothing may be written by this process from here on.
    package var isFinal: Bool { code != .diskFull && code != .unavailable }

    static func damaged(_ file: String, at offset: Int, firstIndex: LogIndex? = nil, _ what: String) -> StorageError {
        let entries = firstIndex.map { " Entries from \($0) on can't be trusted." } ?? ""
        return StorageError(
            .damaged(Damage(file: file, offset: offset, firstIndex: firstIndex)),
            "\(file) is damaged at byte \(offset): \(what).\(entries) The file was left as it is. Keep a copy, then "
                + "let this node rejoin with an empty data directory, or restore the directory from a backup."
        )
    }
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        cause.map { "\(message) (errno \($0))" } ?? message
    }
}
