import SyncCore
import Synchronization
import TestSupport
import Testing

/// A copy that is made while the database is being written.
struct OnlineBackupTests {
    private let directory = TemporaryDirectory()
    private let environment = ManualEnvironment().environment
    private let schema = SchemaModule(
        name: "test",
        migrations: [
            Migration(
                version: 1,
                sql: "CREATE TABLE pair (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, fill BLOB)")
        ])

    private func key() -> SecretBytes { SecretBytes(randomCount: 32, from: environment) }

    private func fill(_ count: Int, _ database: Database) async throws {
        try await database.write { connection in
            for index in 0..<count {
                try connection.run(
                    "INSERT INTO pair (a, b, fill) VALUES (?, ?, randomblob(1000))",
                    .integer(index), .integer(-index))
            }
        }
    }

    @Test func `writes between the steps are in the copy, whole, and none is halfway`()
        async throws
    {
        let database = try Database(
            path: directory.file("a.db"), key: key(), modules: [schema])
        try await fill(2000, database)
        let copyKey = key()
        try await database.beginBackup(to: directory.file("b.db"), key: copyKey)
        var steps = 0
        while true {
            let progress = try await database.stepBackup(pages: 20, measuredBy: { .zero }).progress
            if progress.isDone { break }
            steps += 1
            let turn = steps
            // Both numbers of a row always add up to nothing.
            try await database.write { connection in
                try connection.run(
                    "UPDATE pair SET a = a + ?1, b = b - ?1 WHERE id % 37 = ?2",
                    .integer(turn), .integer(turn % 37))
            }
            if turn % 5 == 0 { try await fill(10, database) }
        }
        try await database.endBackup()
        #expect(steps > 20)
        let query = "SELECT id, a, b, hex(fill) FROM pair ORDER BY id"
        let original = try await database.read { connection in
            try connection.rows(query) { [$0.integer(0), $0.integer(1), $0.integer(2)] }
        }
        // What comes later is not in it.
        try await fill(1, database)
        try await database.close()
        let copy = try Database(path: directory.file("b.db"), key: copyKey, modules: [schema])
        let copied = try await copy.read { connection in
            try connection.rows(query) { [$0.integer(0), $0.integer(1), $0.integer(2)] }
        }
        #expect(copied == original)
        #expect(copied.allSatisfy { $0[1] == -$0[2] })
        let check = try await copy.read { connection in
            try connection.rows("PRAGMA integrity_check") { $0.text(0) }
        }
        #expect(check == ["ok"])
        try await copy.close()
    }

    @Test func `a copy is encrypted under its own key, and shares no page with the original`()
        async throws
    {
        let database = try Database(path: directory.file("a.db"), key: key(), modules: [schema])
        try await database.write { connection in
            try connection.run("INSERT INTO pair (fill) VALUES ('canario-en-la-mina')")
        }
        let copyKey = key()
        try await database.beginBackup(to: directory.file("b.db"), key: copyKey)
        while try await !database.stepBackup(pages: 1, measuredBy: { .zero }).progress.isDone {}
        try await database.endBackup()
        try await database.close()
        let bytes = try #require(WholeFile(directory.file("b.db")).bytes)
        #expect(!bytes.contains(Array("canario-en-la-mina".utf8)))
        #expect(!bytes.contains(Array("SQLite format".utf8)))
        #expect(throws: StorageError.self) {
            try Database(path: directory.file("b.db"), key: key(), modules: [])
        }
    }

    @Test func `a copy that is given up leaves the database as it was, and another can begin`()
        async throws
    {
        let database = try Database(path: directory.file("a.db"), key: key(), modules: [schema])
        try await fill(500, database)
        try await database.beginBackup(to: directory.file("b.db"), key: key())
        await #expect(throws: StorageError.self) {
            try await database.beginBackup(to: directory.file("c.db"), key: key())
        }
        _ = try await database.stepBackup(pages: 3, measuredBy: { .zero })
        await database.abandonBackup()
        try await fill(1, database)
        try await database.beginBackup(to: directory.file("d.db"), key: key())
        _ = try await database.stepBackup(pages: 3, measuredBy: { .zero })
        // Closing in the middle of it is no defect either.
        try await database.close()
        await #expect(throws: StorageError.self) {
            _ = try await database.stepBackup(pages: 3, measuredBy: { .zero })
        }
    }

    @Test func `steps shrink when they take long and grow when they do not`() {
        var pace = BackupPace()
        let first = pace.pages
        pace.note(.milliseconds(1))
        #expect(pace.pages > first)
        for _ in 0..<20 { pace.note(.milliseconds(19)) }
        #expect(pace.pages > 0 && pace.pages < 10)
        for _ in 0..<20 { pace.note(.zero) }
        #expect(pace.pages <= 1024)
    }
}
