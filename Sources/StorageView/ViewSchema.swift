import FoundationEssentials
import GRDB
import Raft

/// The tables of the view.
enum ViewSchema {
    /// Another version's view is made anew.
    private static let version = 1

    /// Makes the tables where the file is new.
    ///
    /// - Parameter boot: names the time since the machine was started; a view from before can't be used.
    /// - Returns: how far the view has come.
    static func prepare(_ database: Database, boot: String) throws -> ViewPosition {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        if found == 0 { try create(database, boot: boot) }
        guard found == 0 || found == version else {
            throw DatabaseError(resultCode: .SQLITE_SCHEMA, message: "the view has version \(found), not \(version)")
        }
        guard let row = try Row.fetchOne(database, sql: "SELECT applied, chain, boot FROM position") else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the view does not know its position")
        }
        let (applied, chain, madeIn): (Int64, Int64, String) = (row["applied"], row["chain"], row["boot"])
        guard madeIn == boot else {
            throw DatabaseError(
                resultCode: .SQLITE_CORRUPT,
                message: "the view was not synced before the machine went down"
            )
        }
        return ViewPosition(
            index: LogIndex(UInt64(bitPattern: applied)),
            chain: ChainValue(UInt32(truncatingIfNeeded: chain))
        )
    }

    private static func create(_ database: Database, boot: String) throws {
        try database.execute(
            sql: """
                CREATE TABLE party (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
                CREATE TABLE received (
                    party INTEGER NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (party, message)) WITHOUT ROWID;
                CREATE TABLE sent (
                    party INTEGER NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (party, message)) WITHOUT ROWID;
                CREATE TABLE position (
                    only INTEGER PRIMARY KEY CHECK (only = 1), applied INTEGER NOT NULL, chain INTEGER NOT NULL,
                    boot TEXT NOT NULL);
                PRAGMA user_version = \(version);
                """
        )
        try database.execute(literal: "INSERT INTO position VALUES (1, 0, 0, \(boot))")
    }

    /// Removes the database file and what SQLite keeps beside it.
    static func removeFiles(_ path: String) throws {
        for suffix in ["", "-wal", "-shm", "-journal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }
}
