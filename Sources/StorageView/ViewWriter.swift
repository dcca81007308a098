import GRDB
import Raft

/// Writes batches into the view, and remembers the numbers of the names it has met.
struct ViewWriter {
    private var parties: [String: Int64] = [:]

    /// Names remembered before all are forgotten: some tens of megabytes.
    private static let partiesMax = 200_000

    /// After a transaction that was rolled back: it may have numbered names.
    mutating func forgetParties() {
        parties.removeAll()
    }

    mutating func insert(_ records: [ViewRecord], position: ViewPosition, into database: Database) throws {
        let received = try database.cachedStatement(sql: "INSERT OR IGNORE INTO received VALUES (?, ?)")
        let sent = try database.cachedStatement(sql: "INSERT OR IGNORE INTO sent VALUES (?, ?)")
        for record in records {
            let id = Int64(bitPattern: record.id)
            try received.execute(arguments: [try party(record.recipient, in: database), id])
            try sent.execute(arguments: [try party(record.sender, in: database), id])
        }
        try database.execute(
            sql: "UPDATE position SET applied = ?, chain = ?",
            arguments: [Int64(bitPattern: position.index.rawValue), Int64(position.chain.rawValue)]
        )
    }

    private mutating func party(_ name: String, in database: Database) throws -> Int64 {
        if let known = parties[name] { return known }
        if parties.count >= Self.partiesMax { parties.removeAll(keepingCapacity: true) }
        let find = try database.cachedStatement(sql: "SELECT id FROM party WHERE name = ?")
        if let found = try Int64.fetchOne(find, arguments: [name]) {
            parties[name] = found
            return found
        }
        try database.cachedStatement(sql: "INSERT INTO party (name) VALUES (?)").execute(arguments: [name])
        parties[name] = database.lastInsertedRowID
        return database.lastInsertedRowID
    }
}
