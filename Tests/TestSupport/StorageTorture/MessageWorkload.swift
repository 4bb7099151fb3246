package import SyncCore

/// Numbered messages, each in a transaction of its own, for a process that will be killed.
package enum MessageWorkload {
    private struct Undone: Error {}

    /// How many rows a part changes that is then undone: more pages than the cache has.
    private static let undoneRows = 60
    private static let bodyBytesMaximum = 5000

    /// The table.
    package static let tables = SchemaModule(
        name: "messages",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE message (
                        number INTEGER PRIMARY KEY,
                        body BLOB CHECK (length(body) <= \(bodyBytesMaximum)))
                    """)
        ])

    /// How the file is opened: with a cache that any transaction outgrows.
    package static func options(spillsCache: Bool) -> ConnectionOptions {
        var options = ConnectionOptions()
        options.cachePages = 8
        options.checkpointPages = 50
        options.spillsCache = spillsCache
        return options
    }

    /// Stores a message, and does and undoes other work on the way.
    package static func store(_ number: Int, on connection: Connection) throws {
        try connection.write { connection in
            if number % 3 == 0 { try undoPart(number, on: connection) }
            try connection.run(
                "INSERT INTO message VALUES (?, ?)", .integer(number), .bytes(body(of: number)))
            if number % 4 == 0 { try failHalfway(number, on: connection) }
        }
    }

    /// Compares what is stored with what was acknowledged.
    ///
    /// - Returns: How many messages there are, and what is wrong with them.
    package static func verify(
        _ acknowledged: Int, on connection: Connection
    ) throws -> (count: Int, problem: String?) {
        let rows = try connection.rows("SELECT number, body FROM message ORDER BY number") {
            (number: $0.integer(0), isWhole: $0.bytes(1) == body(of: $0.integer(0)))
        }
        let check = try connection.first("PRAGMA integrity_check") { $0.text(0) }
        guard check == "ok" else { return (rows.count, check) }
        guard rows.map(\.number) == Array(1..<rows.count + 1), rows.allSatisfy(\.isWhole) else {
            return (rows.count, "messages are missing or have other bytes")
        }
        // The one after the last acknowledged may have been in flight.
        let isRight = (acknowledged...acknowledged + 1).contains(rows.count)
        return (rows.count, isRight ? nil : "\(rows.count) of \(acknowledged) messages are there")
    }

    private static func body(of number: Int) -> [UInt8] {
        var chance = SeededGenerator(seed: UInt64(number))
        let byte = UInt8(truncatingIfNeeded: chance.next())
        return [UInt8](repeating: byte, count: chance.number(below: bodyBytesMaximum))
    }

    private static func undoPart(_ number: Int, on connection: Connection) throws {
        do {
            try connection.savepoint { connection in
                try connection.run(
                    "UPDATE message SET body = zeroblob(3000) WHERE number > ?",
                    .integer(number - undoneRows))
                throw Undone()
            }
        } catch is Undone {}
    }

    private static func failHalfway(_ number: Int, on connection: Connection) throws {
        do {
            try connection.run(
                "UPDATE message SET body = zeroblob(iif(number = ?, 9999, 3000)) WHERE number > ?",
                .integer(number), .integer(number - undoneRows))
        } catch let error where error.code == .constraint {}
    }
}
