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
        /// Entries given to repair the log are not the ones it lost. Nothing changed.
        case mismatch
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
    package var isFinal: Bool {
        switch code {
        case .diskFull, .unavailable, .damaged, .mismatch, .outOfRange: false
        case .locked, .ioError, .foreign, .unsupported, .notFound: true
        }
    }

    /// Whether bytes on the disk are not the ones written there.
    package var isDamage: Bool {
        if case .damaged = code { true } else { false }
    }

    /// Whether the disk can't give back some bytes, which says nothing about any others: EIO.
    var isLostData: Bool { code == .ioError && cause == 5 }

    /// Damage that no start gets over.
    static func damaged(_ file: String, at offset: Int, _ what: String) -> StorageError {
        StorageError(
            .damaged(Damage(file: file, offset: offset)),
            "\(file) is damaged at byte \(offset): \(what). The file was left as it is. Keep a copy, then let this "
                + "node rejoin with an empty data directory, or restore the directory from a backup."
        )
    }

    /// Damage to entries of the log, which good copies repair.
    static func damaged(_ damage: Damage) -> StorageError {
        let entries = damage.entries.map { "entries \($0.lowerBound)...\($0.upperBound) of the log are" }
        return StorageError(
            .damaged(damage),
            "\(damage.file) is damaged at byte \(damage.offset): \(entries ?? "something is") not what was written "
                + "there. Other nodes of the cluster have good copies."
        )
    }
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        cause.map { "\(message) (errno \($0))" } ?? message
    }
}
