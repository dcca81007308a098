import GRDB
package import Raft
package import Storage
import Synchronization

/// Which messages a recipient or a sender has. Derived from the log and never synced: it may lag, and where it is
/// missing, damaged or made from another history it is made anew.
///
/// One thread feeds; any thread reads meanwhile.
package final class MessageView: Sendable {
    private let pool: DatabasePool
    private let writer: Mutex<ViewWriter>
    private let fed: Mutex<ViewPosition>

    /// How far the view has come. What `ids` finds includes every message up to here.
    package var position: ViewPosition { fed.withLock { $0 } }

    /// Opens the database file, or makes it anew where it can't be used.
    ///
    /// - Parameters:
    ///   - path: of the database file; SQLite keeps two more beside it.
    ///   - isOfThisLog: whether the log has an entry with this index and chain value.
    package static func open(
        path: String,
        isOfThisLog: (ViewPosition) -> Bool
    ) throws(StorageError) -> MessageView {
        // Never synced: after the machine went down, its pages may be from different times. After a crash of the
        // process
        // alone, the system still has them all.
        if let view = try? MessageView(path: path), view.position == .start || isOfThisLog(view.position) {
            return view
        }
        do {
            try ViewSchema.removeFiles(path)
            return try MessageView(path: path)
        } catch {
            throw StorageError(
                .ioError,
                "The view \(path) can't be made: \(error). Remove the file, or make its directory writable."
            )
        }
    }

    private init(path: String) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        pool = try DatabasePool(path: path, configuration: configuration)
        // GRDB sets `synchronous` to NORMAL with the WAL; the view needs no sync at all.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = OFF") }
        let boot = try BootID.current()
        fed = Mutex(try pool.write { try ViewSchema.prepare($0, boot: boot) })
        writer = Mutex(ViewWriter())
    }

    /// Takes in messages, in order, and moves the position; all or nothing.
    ///
    /// - Parameters:
    ///   - records: every message after the position up to `index`.
    ///   - chain: the chain value of the entry at `index`.
    package func feed(_ records: [ViewRecord], through index: LogIndex, chain: ChainValue) throws(StorageError) {
        let position = ViewPosition(index: index, chain: chain)
        precondition(index >= self.position.index, "the view is at \(self.position.index), not before \(index)")
        do {
            try writer.withLock { writer in
                do {
                    try pool.write { try writer.insert(records, position: position, into: $0) }
                } catch {
                    writer.forgetParties()
                    throw error
                }
            }
        } catch {
            throw StorageError(.ioError, "The view can't take in messages up to \(index): \(error)")
        }
        fed.withLock { $0 = position }
    }

    /// Ids of messages with this recipient and this sender, ascending.
    ///
    /// - Parameters:
    ///   - recipient: nil for any; one of the two must be given.
    ///   - after: only greater ids.
    ///   - through: only ids up to this one.
    package func ids(
        recipient: String?,
        sender: String?,
        after: UInt64,
        through: UInt64,
        limit: Int
    ) throws(StorageError) -> [UInt64] {
        guard after < through, limit > 0 else { return [] }
        let query = ViewQuery(recipient: recipient, sender: sender, after: after, through: through, limit: limit)
        do {
            return try pool.read(query.ids)
        } catch {
            throw StorageError(.ioError, "The view can't be read: \(error)")
        }
    }

    /// Closes the database; nothing else may be called after.
    package func close() throws(StorageError) {
        do {
            try pool.close()
        } catch {
            throw StorageError(.ioError, "The view can't be closed: \(error)")
        }
    }
}
