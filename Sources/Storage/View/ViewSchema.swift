import FoundationEssentials
import GRDB
import Raft

/// The tables of the view.
enum ViewSchema {
    /// Another version's view is made anew.
    private static let version = 1

    /// Makes the tables where the file is new.
    ///
    /// - Returns: how far the view has come.
    static func prepare(_ database: Database) throws -> ViewPosition {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        if found == 0 { try create(database) }
        guard found == 0 || found == version else {
            throw DatabaseError(resultCode: .SQLITE_SCHEMA, message: "the view has version \(found), not \(version)")
        }
        guard let row = try Row.fetchOne(database, sql: "SELECT applied, chain FROM position") else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the view does not know its position")
        }
        let (applied, chain): (Int64, Int64) = (row["applied"], row["chain"])
        return ViewPosition(
            index: LogIndex(UInt64(bitPattern: applied)),
            chain: ChainValue(UInt32(truncatingIfNeeded: chain))
        )
    }

    private static func create(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE party (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
                CREATE TABLE received (
                    party INTEGER NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (party, message)) WITHOUT ROWID;
                CREATE TABLE sent (
                    party INTEGER NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (party, message)) WITHOUT ROWID;
                CREATE TABLE position (
                    only INTEGER PRIMARY KEY CHECK (only = 1), applied INTEGER NOT NULL, chain INTEGER NOT NULL);
                INSERT INTO position VALUES (1, 0, 0);
                PRAGMA user_version = \(version);
                """
        )
    }

    /// Removes the database file and what SQLite keeps beside it.
    static func removeFiles(_ path: String) throws {
        for suffix in ["", "-wal", "-shm", "-journal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }
}
