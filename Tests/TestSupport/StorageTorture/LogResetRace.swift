import CSQLite

/// Lets one connection write in the middle of another's checkpoint, without any encryption.
///
/// In SQLite 3.7.0 to 3.51.2 a checkpoint reads how long the log is before it looks how much of it
/// is done. If another connection begins the log anew in between, the new log counts as done as
/// far as the old one was long, and commits in it are lost (sqlite.org/wal.html#walresetbug).
package enum LogResetRace {
    /// What became of the commits.
    package struct Outcome: Sendable {
        package var acknowledged = 0
        package var found = 0
    }

    /// Whether the installed SQLite has the error.
    package static let isInLibrary = sqlite3_libversion_number() < 3_051_003

    private static let rowsBefore = 20
    private static let rowsAfter = 5

    /// Stores rows by two connections, of which the second interrupts the first's checkpoint.
    ///
    /// - Parameters:
    ///   - path: A file that does not exist.
    ///   - locksExclusively: Whether the first keeps others away, as the product does.
    /// - Returns: How many rows were acknowledged, and how many there are afterwards.
    /// - Throws: What SQLite answers to the first connection.
    package static func run(path: String, locksExclusively: Bool) throws -> Outcome {
        var outcome = Outcome()
        do {
            let first = try PlainDatabase(path: path)
            if locksExclusively { try first.run("PRAGMA locking_mode = EXCLUSIVE") }
            try first.run("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0")
            try first.run("CREATE TABLE item (body BLOB)")
            let second = try PlainDatabase(path: path)
            let writer = Writer(locksExclusively ? first : second)
            try writer.store(rowsBefore)
            try writer.database.run("PRAGMA wal_checkpoint(PASSIVE)")
            let intruder = Writer(second)
            try first.interruptCheckpoint { try? intruder.store(1) }
            // Whom the lock keeps away acknowledges nothing.
            try? intruder.store(rowsAfter)
            outcome.acknowledged = writer.stored + intruder.stored
        }
        let reader = try PlainDatabase(path: path)
        do {
            outcome.found = try reader.run("SELECT 1 FROM item").count
        } catch let failure as PlainDatabase.Failure where failure.isDamage {
            // Some of the pages came from the lost commits.
            outcome.found = 0
        }
        return outcome
    }

    /// Counts what a connection acknowledged.
    private final class Writer {
        let database: PlainDatabase
        private(set) var stored = 0

        init(_ database: PlainDatabase) {
            self.database = database
        }

        func store(_ count: Int) throws {
            for _ in 0..<count {
                try database.run("INSERT INTO item VALUES (randomblob(3000))")
                stored += 1
            }
        }
    }
}
