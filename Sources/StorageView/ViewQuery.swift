import GRDB

/// One question to the view.
struct ViewQuery {
    var recipient: String?
    var sender: String?
    var after: UInt64
    var through: UInt64
    var limit: Int

    func ids(_ database: Database) throws -> [UInt64] {
        let range: [any DatabaseValueConvertible] = [
            Int64(clamping: after), Int64(clamping: through), limit,
        ]
        let order = "AND message > ? AND message <= ? ORDER BY message LIMIT ?"
        switch (recipient, sender) {
        case (nil, nil):
            preconditionFailure("the view is asked for messages of nobody")
        case (let recipient?, nil):
            guard let party = try party(recipient, database) else { return [] }
            return try fetch("SELECT message FROM received WHERE party = ? \(order)", [party] + range, database)
        case (nil, let sender?):
            guard let party = try party(sender, database) else { return [] }
            return try fetch("SELECT message FROM sent WHERE party = ? \(order)", [party] + range, database)
        case (let recipient?, let sender?):
            guard let to = try party(recipient, database), let from = try party(sender, database) else { return [] }
            return try fetch(
                """
                SELECT message FROM received WHERE party = ?
                AND EXISTS (SELECT 1 FROM sent WHERE sent.party = ? AND sent.message = received.message) \(order)
                """,
                [to, from] + range,
                database
            )
        }
    }

    private func party(_ name: String, _ database: Database) throws -> Int64? {
        try Int64.fetchOne(database, sql: "SELECT id FROM party WHERE name = ?", arguments: [name])
    }

    private func fetch(
        _ sql: String,
        _ arguments: [any DatabaseValueConvertible],
        _ database: Database
    ) throws -> [UInt64] {
        let statement = try database.cachedStatement(sql: sql)
        return try Int64.fetchAll(statement, arguments: StatementArguments(arguments)).map(UInt64.init(bitPattern:))
    }
}
